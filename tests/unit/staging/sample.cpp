#include "tests/unit/staging/sample.h"

#include <openssl/x509v3.h>

namespace edgeseal::test {

namespace {

EVP_PKEY* another_reference(const agent::PublicKeyPtr& key) {
  EVP_PKEY_up_ref(key.get());
  return key.get();
}

// Self-signed.
Bytes plain_certificate(long version, long serial) {
  const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
  const agent::CertificatePtr certificate(X509_new());
  X509* made = certificate.get();
  X509_set_version(made, version);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("plain"), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(made));
  X509_gmtime_adj(X509_getm_notBefore(made), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key.get());
  if (version == X509_VERSION_3) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  }
  agent::require_openssl(X509_sign(made, key.get(), EVP_sha256()) > 0, "X509_sign");
  return agent::der_of(made, i2d_X509);
}

CertificateFields sample_fields() {
  CertificateFields fields = authority_fields("lab.example.local");
  fields.key_usage = "";
  fields.basic_constraints = "CA:TRUE";
  fields.hash = EVP_sha1();
  fields.from = Days(-500);
  fields.to = Days(-135);
  return fields;
}

}  // namespace

Sample::Sample() : key(EVP_RSA_gen(512)) {
  certificate = Authority(sample_fields(), another_reference(key), nullptr).certificate();
}

std::string Sample::text() const {
  return inline_certificate("\n" + certificate_pem(certificate) + traditional_key_pem(*key));
}

Bytes Sample::key_der() const {
  return agent::der_of(key.get(), i2d_PrivateKey);
}

Bytes version_1_certificate() {
  return plain_certificate(X509_VERSION_1, 7);
}

std::pair<Bytes, Bytes> certificates_with_one_serial_number() {
  return {plain_certificate(X509_VERSION_3, 7), plain_certificate(X509_VERSION_3, 7)};
}

}  // namespace edgeseal::test
