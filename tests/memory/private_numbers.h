#pragma once

#include <string>
#include <vector>

#include "tpm/bytes.h"

namespace edgeseal::test {

// One of the numbers that make a private key: d, a prime, the scalar of a curve.
struct PrivateNumber {
  std::string name;
  tpm::Bytes octets;  // big endian
};

// Of a PKCS#8, PKCS#1 or SEC1 key, DER or PEM without encryption. Throws std::runtime_error.
[[nodiscard]] std::vector<PrivateNumber> private_numbers(tpm::ByteView encoded);

}  // namespace edgeseal::test
