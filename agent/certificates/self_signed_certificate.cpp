#include "agent/certificates/self_signed_certificate.h"

#include "agent/certificates/certificate_fields.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/error.h"
#include "agent/keys/public_key.h"

namespace edgeseal::agent {

SelfSignedCertificate::SelfSignedCertificate(const CertificateSubject& subject,
                                             std::chrono::system_clock::time_point now, std::chrono::days lifetime)
    : certificate_(X509_new()), extensions_(extensions_of(subject)) {
  const NamePtr name = name_of(subject);
  require_openssl(certificate_ && X509_set_version(certificate_.get(), X509_VERSION_3) == 1 &&
                      X509_set_subject_name(certificate_.get(), name.get()) == 1 &&
                      X509_set_issuer_name(certificate_.get(), name.get()) == 1,
                  "X509");
  set_serial_number(*certificate_);
  set_validity(*certificate_, now, lifetime);
}

tpm::Bytes SelfSignedCertificate::to_be_signed(tpm::ByteView public_key) {
  const PublicKeyPtr key = parse_public_key(public_key);
  push_key_usage(*extensions_, *key, Issuer::itself);
  require_openssl(X509_set_pubkey(certificate_.get(), key.get()) == 1, "X509_set_pubkey");
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions_.get()); ++i)
    require_openssl(X509_add_ext(certificate_.get(), sk_X509_EXTENSION_value(extensions_.get(), i), -1) == 1,
                    "X509_add_ext");
  push_key_identifiers(*certificate_, *certificate_);
  set_signature_algorithm(*certificate_, public_key);
  return der_of(certificate_.get(), i2d_re_X509_tbs);
}

tpm::Bytes SelfSignedCertificate::finish(tpm::ByteView signature) {
  set_certificate_signature(*certificate_, signature);
  return der_of(certificate_.get(), i2d_X509);
}

}  // namespace edgeseal::agent
