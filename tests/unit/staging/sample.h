#pragma once

#include <utility>

#include "tests/unit/staging/staged_text.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// A certificate as the vendor's example of a staged file has it, made anew: a self-signed authority without
// subjectAltName, RSA 512, SHA-1, a year long and expired, its private key beside it in PKCS#1.
struct Sample {
  Sample();

  [[nodiscard]] std::string text() const;  // both in one <certificate>
  [[nodiscard]] Bytes key_der() const;

  agent::PublicKeyPtr key;
  Bytes certificate;
};

// Self-signed authorities of one name with different keys.
[[nodiscard]] std::pair<Bytes, Bytes> certificates_with_one_serial_number();

}  // namespace edgeseal::test
