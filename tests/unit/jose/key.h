#pragma once

#include "jose/libcrypto.h"

namespace edgeseal::jose::test {

// A private key that signs as RFC 7518 says.
class Key {
 public:
  static Key rsa(unsigned bits);
  static Key ec(const char* group);
  static Key ed25519();

  [[nodiscard]] Bytes public_key() const;  // DER
  [[nodiscard]] Bytes sign(std::string_view algorithm, ByteView message) const;

 private:
  explicit Key(EVP_PKEY* key);

  PublicKeyPtr key_;
};

}  // namespace edgeseal::jose::test
