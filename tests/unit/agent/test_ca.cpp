#include "tests/unit/agent/test_ca.h"

#include <openssl/x509v3.h>

#include <stdexcept>

#include "agent/certificates/certificate.h"

namespace edgeseal::test {

namespace {

using agent::NamePtr;
using agent::RequestPtr;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string(what) + ": " + agent::openssl_reason());
}

NamePtr common_name(const std::string& name) {
  NamePtr subject(X509_NAME_new());
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  require(X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1, "X509_NAME");
  return subject;
}

}  // namespace

TestCa::TestCa(const std::string& name) : key_(EVP_EC_gen("P-256")) {
  const NamePtr subject = common_name(name);
  agent::CertificatePtr own(X509_new());
  X509_set_subject_name(own.get(), subject.get());
  certificate_ = std::move(own);
  certificate_ = agent::parse_certificate(issue(subject.get(), key_.get(), nullptr));
}

TestCa::TestCa(const std::string& name, TestCa& issuer)
    : key_(EVP_EC_gen("P-256")),
      certificate_(agent::parse_certificate(issuer.issue(common_name(name).get(), key_.get(), nullptr))) {}

tpm::Bytes TestCa::certificate() const {
  return agent::der_of(certificate_.get(), i2d_X509);
}

tpm::Bytes TestCa::sign(const tpm::Bytes& request) {
  const unsigned char* cursor = agent::octets(request);
  const RequestPtr parsed(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(request.size())));
  require(parsed != nullptr, "d2i_X509_REQ");
  EVP_PKEY* key = X509_REQ_get0_pubkey(parsed.get());
  require(X509_REQ_verify(parsed.get(), key) == 1, "X509_REQ_verify");
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(parsed.get());
  const tpm::Bytes der = issue(X509_REQ_get_subject_name(parsed.get()), key, extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return der;
}

tpm::Bytes TestCa::sign_unknown_key() {
  return sign_key(*agent::PublicKeyPtr(EVP_EC_gen("P-256")));
}

tpm::Bytes TestCa::sign_key(EVP_PKEY& key) {
  return issue(common_name("somebody else").get(), &key, nullptr);
}

tpm::Bytes TestCa::issue(X509_NAME* subject, EVP_PKEY* key, const STACK_OF(X509_EXTENSION) * extensions) {
  const agent::CertificatePtr certificate(X509_new());
  X509* x = certificate.get();
  require(X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), serial_++) == 1 &&
              X509_set_issuer_name(x, X509_get_subject_name(certificate_.get())) == 1 &&
              X509_set_subject_name(x, subject) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), -3600) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(x), 30L * 24 * 3600) != nullptr && X509_set_pubkey(x, key) == 1,
          "X509");
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i)
    require(X509_add_ext(x, sk_X509_EXTENSION_value(extensions, i), -1) == 1, "X509_add_ext");
  require(X509_sign(x, key_.get(), EVP_sha256()) > 0, "X509_sign");
  return agent::der_of(x, i2d_X509);
}

}  // namespace edgeseal::test
