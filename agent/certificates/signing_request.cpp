#include "agent/certificates/signing_request.h"

#include "agent/certificates/certificate_signature.h"
#include "agent/error.h"
#include "agent/keys/public_key.h"

namespace edgeseal::agent {

SigningRequest::SigningRequest(const CertificateSubject& subject)
    : request_(X509_REQ_new()), extensions_(extensions_of(subject)) {
  const NamePtr name = name_of(subject);
  require_openssl(request_ && X509_REQ_set_version(request_.get(), X509_REQ_VERSION_1) == 1 &&
                      X509_REQ_set_subject_name(request_.get(), name.get()) == 1,
                  "X509_REQ");
}

tpm::Bytes SigningRequest::to_be_signed(tpm::ByteView public_key) {
  const PublicKeyPtr key = parse_public_key(public_key);
  push_key_usage(*extensions_, *key, Issuer::authority);
  require_openssl(X509_REQ_set_pubkey(request_.get(), key.get()) == 1 &&
                      X509_REQ_add_extensions(request_.get(), extensions_.get()) == 1 &&
                      X509_REQ_set1_signature_algo(request_.get(), signature_algorithm(public_key).get()) == 1,
                  "X509_REQ");
  return der_of(request_.get(), i2d_re_X509_REQ_tbs);
}

tpm::Bytes SigningRequest::finish(tpm::ByteView signature) {
  std::unique_ptr<ASN1_BIT_STRING, OpensslFree<ASN1_BIT_STRING, ASN1_BIT_STRING_free>> bits(ASN1_BIT_STRING_new());
  require_openssl(bits != nullptr, "ASN1_BIT_STRING_new");
  set_signature(*bits, signature);
  X509_REQ_set0_signature(request_.get(), bits.release());
  return der_of(request_.get(), i2d_X509_REQ);
}

}  // namespace edgeseal::agent
