#pragma once

#include "jose/bytes.h"

namespace edgeseal::jose {

// A message of CMP that is protected by a shared secret lets whoever reads it try secrets at his leisure, and libcrypto
// 3.0 fixes the derivation at 500 rounds of SHA-256: the secret alone resists.
inline constexpr double min_secret_bits = 80;

// How many bits there are to guess at most: every character might be any of the kinds that occur, and none counts
// where only a few different ones occur.
[[nodiscard]] double secret_bits(ByteView secret);

// Of min_secret_bits at least.
[[nodiscard]] bool is_strong_secret(ByteView secret);

}  // namespace edgeseal::jose
