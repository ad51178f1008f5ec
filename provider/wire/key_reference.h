#pragma once

// The key reference: what stands in a file where a program expects a private key. It names a key of the agent and carries
// its public part; it holds no secret. Written by the agent, read by the provider.
//
//   EdgesealKeyReference ::= SEQUENCE {
//     format      OBJECT IDENTIFIER (the arc of key_reference_oid),
//     version     INTEGER (1),
//     keyName     UTF8String (SIZE (1..255)),      -- application/group/certificate-type
//     publicKey   SubjectPublicKeyInfo }           -- DER as in RFC 5280 section 4.1
//
// PEM label: key_reference_label. libc only, no allocation.

#include <cstddef>
#include <string_view>

#include "provider/wire/message.h"

namespace edgeseal::wire {

inline constexpr std::string_view key_reference_label = "EDGESEAL KEY REFERENCE";
inline constexpr std::size_t max_key_reference_size = 2048;   // DER bytes; an RSA 4096 public key takes 550

struct KeyReference {
  std::string_view key_name;
  ByteView public_key;       // DER SubjectPublicKeyInfo
};

// The size of the DER written to `out`, 0 where it does not fit or a bound is broken.
[[nodiscard]] std::size_t encode(const KeyReference& reference, MutableByteView out) noexcept;

// False unless `der` is exactly one well-formed reference in DER. Views point into `der`.
[[nodiscard]] bool decode(ByteView der, KeyReference& reference) noexcept;

}  // namespace edgeseal::wire
