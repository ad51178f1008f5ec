#pragma once

#include "jose/bytes.h"

namespace edgeseal::jose {

enum class Verdict {
  valid,
  invalid,            // by this key nobody signed this
  algorithm_refused,  // `none`, an HMAC, or one that RFC 7518 and RFC 8037 do not define as a signature
  key_unsuitable,     // the algorithm belongs to another type or curve of key, or the key is too short
  key_unknown,        // nobody gave a key
  extension_refused   // "crit" (RFC 7515 §4.1.11): it means something that this reader does not know
};

[[nodiscard]] std::string_view describe(Verdict verdict);

// RS256/384/512 and PS256/384/512 (RSA of 2048 to 8192 bits), ES256, ES384, ES512 (RFC 7518 §3), EdDSA with Ed25519
// (RFC 8037 §3.1). `public_key`: a SubjectPublicKeyInfo, DER. The key decides which algorithms are suitable.
[[nodiscard]] Verdict check_signature(std::string_view algorithm, ByteView public_key, ByteView message,
                                      ByteView signature);
// Whether check_signature() knows it.
[[nodiscard]] bool is_signature_algorithm(std::string_view name);

}  // namespace edgeseal::jose
