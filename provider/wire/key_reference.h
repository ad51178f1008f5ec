#pragma once

// The key reference: what stands in a file where a program expects a private key. It names a key of the agent and
// carries its public part; it holds no secret. Written by the agent, read by the provider.
//
//   EdgesealKeyReference ::= SEQUENCE {
//     format      OBJECT IDENTIFIER (the arc of key_reference_oid),
//     version     INTEGER (1),
//     keyName     UTF8String (SIZE (1..255)),      -- application/group/certificate-type
//     publicKey   SubjectPublicKeyInfo }           -- DER as in RFC 5280 section 4.1
//
// PEM label: key_reference_label. libc only, no allocation.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "provider/wire/message.h"

namespace edgeseal::wire {

inline constexpr std::string_view key_reference_label = "EDGESEAL KEY REFERENCE";

// The content octets of 2.25.41317976601154063752912749910582353734, an arc of the UUID kind (ITU-T X.667).
inline constexpr std::array<std::uint8_t, 19> key_reference_oid{
    0x69, 0xbe, 0x95, 0xc6, 0xe1, 0xd8, 0xe9, 0xd2, 0xa1, 0xd7, 0x94, 0xcf, 0xb2, 0x93, 0x82, 0xf1, 0x9f, 0xbe, 0x46};
inline constexpr std::size_t max_key_reference_size = 2048;  // DER bytes; an RSA 4096 public key takes 550

struct KeyReference {
  std::string_view key_name;
  ByteView public_key;  // DER SubjectPublicKeyInfo
};

// The size of the DER written to `out`, 0 where it does not fit or a bound is broken.
[[nodiscard]] std::size_t encode(const KeyReference& reference, MutableByteView out) noexcept;

// False unless `der` is exactly one well-formed reference in DER. Views point into `der`.
[[nodiscard]] bool decode(ByteView der, KeyReference& reference) noexcept;

}  // namespace edgeseal::wire
