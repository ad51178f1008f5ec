#pragma once

#include <string>

#include "agent/openssl.h"

namespace edgeseal::test {

// A certification authority of libcrypto: signs what a request asks for.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "Test CA");
  TestCa(const std::string& name, TestCa& issuer);  // an intermediate one

  [[nodiscard]] tpm::Bytes certificate() const;  // DER
  // DER PKCS#10 in, DER certificate out, with the extensions of the request. Throws unless the request verifies with
  // its own key.
  [[nodiscard]] tpm::Bytes sign(const tpm::Bytes& request);
  // A certificate of this CA for a key of the caller.
  [[nodiscard]] tpm::Bytes sign_key(EVP_PKEY& key);
  // A certificate of this CA for a key that nobody has.
  [[nodiscard]] tpm::Bytes sign_unknown_key();

 private:
  [[nodiscard]] tpm::Bytes issue(X509_NAME* subject, EVP_PKEY* key, const STACK_OF(X509_EXTENSION) * extensions);

  agent::PublicKeyPtr key_;
  agent::CertificatePtr certificate_;
  long serial_ = 1;
};

}  // namespace edgeseal::test
