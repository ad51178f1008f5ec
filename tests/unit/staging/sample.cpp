#include "tests/unit/staging/sample.h"

namespace edgeseal::test {

namespace {

EVP_PKEY* another_reference(const agent::PublicKeyPtr& key) {
  EVP_PKEY_up_ref(key.get());
  return key.get();
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

std::pair<Bytes, Bytes> certificates_with_one_serial_number() {
  CertificateFields fields = authority_fields("plain");
  fields.serial = 7;
  return {Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate(),
          Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate()};
}

}  // namespace edgeseal::test
