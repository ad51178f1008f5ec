#include "agent/renewal/issued_certificate.h"

#include <openssl/x509v3.h>

#include "agent/certificates/certificate_fields.h"
#include "agent/certificates/certificate_subject.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

RequestPtr parse_request(tpm::ByteView der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  RequestPtr request(d2i_X509_REQ(nullptr, &begin, static_cast<long>(der.size())));
  require_openssl(request && X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) == 1, "request");
  return request;
}

void push(X509& certificate, int nid, const char* value) {
  const ExtensionPtr extension(X509V3_EXT_nconf_nid(nullptr, nullptr, nid, value));
  require_openssl(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, "X509_add_ext");
}

// The earlier of the two: nothing outlives its authority.
void end_with(X509& certificate, const X509& issuer) {
  if (ASN1_TIME_compare(X509_get0_notAfter(&issuer), X509_get0_notAfter(&certificate)) < 0)
    require_openssl(X509_set1_notAfter(&certificate, X509_get0_notAfter(&issuer)) == 1, "X509_set1_notAfter");
}

}  // namespace

IssuedCertificate::IssuedCertificate(tpm::ByteView der, CertificatePtr issuer, IssuedAs as,
                                     std::chrono::system_clock::time_point now, std::chrono::days lifetime)
    : certificate_(X509_new()), issuer_(std::move(issuer)) {
  const RequestPtr request = parse_request(der);
  X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  X509_NAME* issuer_name = issuer_ ? X509_get_subject_name(issuer_.get()) : subject;
  require_openssl(certificate_ && X509_set_version(certificate_.get(), X509_VERSION_3) == 1 &&
                      X509_set_subject_name(certificate_.get(), subject) == 1 &&
                      X509_set_issuer_name(certificate_.get(), issuer_name) == 1 &&
                      X509_set_pubkey(certificate_.get(), X509_REQ_get0_pubkey(request.get())) == 1,
                  "X509");
  set_serial_number(*certificate_);
  set_validity(*certificate_, now, lifetime);
  if (issuer_) end_with(*certificate_, *issuer_);
  copy_extensions(*request, as);
}

// What an authority or a self-signed certificate is good for, no request says.
void IssuedCertificate::copy_extensions(X509_REQ& request, IssuedAs as) {
  const ExtensionsPtr extensions(X509_REQ_get_extensions(&request));
  const auto add_all = [&](STACK_OF(X509_EXTENSION) & all, const auto& wanted) {
    for (int i = 0; i < sk_X509_EXTENSION_num(&all); ++i) {
      X509_EXTENSION* extension = sk_X509_EXTENSION_value(&all, i);
      if (!wanted(OBJ_obj2nid(X509_EXTENSION_get_object(extension)))) continue;
      require_openssl(X509_add_ext(certificate_.get(), extension, -1) == 1, "X509_add_ext");
    }
  };
  if (as == IssuedAs::end_entity) {
    add_all(*extensions, [&](int nid) { return issuer_ || nid != NID_key_usage; });
    if (issuer_) return;
    const ExtensionsPtr usage(sk_X509_EXTENSION_new_null());
    push_key_usage(*usage, *X509_REQ_get0_pubkey(&request), Issuer::itself);
    return add_all(*usage, [](int) { return true; });
  }
  add_all(*extensions, [](int nid) { return nid == NID_subject_alt_name; });
  push(*certificate_, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  push(*certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
}

tpm::Bytes IssuedCertificate::to_be_signed(tpm::ByteView public_key) {
  push_key_identifiers(*certificate_, issuer_ ? *issuer_ : *certificate_);
  set_signature_algorithm(*certificate_, public_key);
  return der_of(certificate_.get(), i2d_re_X509_tbs);
}

tpm::Bytes IssuedCertificate::finish(tpm::ByteView signature) {
  set_certificate_signature(*certificate_, signature);
  return der_of(certificate_.get(), i2d_X509);
}

}  // namespace edgeseal::agent
