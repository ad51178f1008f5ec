#pragma once

#include "jose/bytes.h"

// RFC 4648, one encoding for each content: no white space, no other characters, no bits left over.
namespace edgeseal::jose {

// §5 without padding, as RFC 7515 §2 has it.
[[nodiscard]] std::string encode_base64url(ByteView bytes);
// Throws Error{malformed} that names `part`.
[[nodiscard]] Bytes decode_base64url(std::string_view text, std::string_view part);

// §4 with padding, as in "x5c" (RFC 7515 §4.1.6).
[[nodiscard]] SecretText encode_base64(ByteView bytes);
[[nodiscard]] SecretBytes decode_base64(std::string_view text, std::string_view part);

}  // namespace edgeseal::jose
