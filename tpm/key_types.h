#pragma once

#include <cstdint>
#include <variant>

#include "tpm/bytes.h"

namespace edgeseal::tpm {

// Ed25519 is for keys outside the chip: no TPM of today makes one.
enum class KeyAlgorithm { rsa_2048, rsa_3072, rsa_4096, ec_p256, ec_p384, ec_p521, ed25519 };
enum class HashAlgorithm { sha1, sha256, sha384, sha512 };

struct RsaPublicKey {
  Bytes modulus;  // big endian, no leading zero
  std::uint32_t exponent = 65537;

  friend bool operator==(const RsaPublicKey&, const RsaPublicKey&) = default;
};

struct EcPublicKey {
  KeyAlgorithm curve = KeyAlgorithm::ec_p256;
  Bytes x, y;  // big endian, padded to the size of the field

  friend bool operator==(const EcPublicKey&, const EcPublicKey&) = default;
};

using PublicKey = std::variant<RsaPublicKey, EcPublicKey>;

// A private key from outside, in the parts that TPM2_Import takes.
struct RsaPrivateKey {
  RsaPublicKey public_key;
  SecretBytes prime;  // one of the two, big endian, half as long as the modulus
};

struct EcPrivateKey {
  EcPublicKey public_key;
  SecretBytes scalar;  // big endian, padded to the size of the field
};

using PrivateKey = std::variant<RsaPrivateKey, EcPrivateKey>;

}  // namespace edgeseal::tpm
