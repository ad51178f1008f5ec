#pragma once

#include "provider/hash.h"

namespace edgeseal::provider {

// 00 01 FF .. FF 00 content, as long as `block` (RFC 8017 section 9.2). False where the content is too long.
[[nodiscard]] bool pad_pkcs1(ByteView content, MutableByteView block) noexcept;

// What a DigestInfo says (RFC 8017 section 9.2), which some programs make by themselves and have signed as it is.
struct NamedDigest {
  wire::Hash hash;
  ByteView digest;
};

// Nothing where `der` is not exactly what PKCS#1 v1.5 makes of a hash that the key socket can name.
[[nodiscard]] std::optional<NamedDigest> parse_digest_info(ByteView der) noexcept;

}  // namespace edgeseal::provider
