#pragma once

#include <string>

#include "agent/openssl.h"

namespace edgeseal::agent {

// The least that keys and signatures of a chain must be; that of every certificate in it is judged.
struct MinimumStrength {
  int rsa_bits = 2048;
  int curve_bits = 256;
  int hash_bits = 256;
};

// What a key, and the signature on it, are worth.
struct Strength {
  enum class Kind { other, rsa, curve, edwards };
  static constexpr int unknown_hash = -1;

  Kind kind = Kind::other;
  int bits = 0;             // of the modulus, or of the order of the curve
  int hash = unknown_hash;  // NID; NID_undef: the algorithm hashes by itself
};
[[nodiscard]] Strength strength_of(X509& certificate);

// To verify a signature takes the longer, the larger an RSA key and its exponent are: what is larger than anybody needs
// is refused before that is tried. Empty: it is not.
[[nodiscard]] std::string excess_of(const EVP_PKEY& key);

// Key and signature, which are also judged where nobody relies on the signature, as that of a root.
[[nodiscard]] std::string weakness_of(const Strength& strength, const MinimumStrength& minimum);

}  // namespace edgeseal::agent
