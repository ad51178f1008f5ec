#pragma once

#include <optional>
#include <string>

#include "enroll/openssl.h"

namespace edgeseal::enroll {

[[nodiscard]] std::string encode_base64(ByteView bytes);  // RFC 4648 §4, without line breaks

// White space anywhere is passed over (RFC 8951 §3.1); anything else that isn't of the alphabet, or padding that is
// missing or in the wrong place, gives nothing.
[[nodiscard]] std::optional<Bytes> decode_base64(ByteView text);

}  // namespace edgeseal::enroll
