#pragma once

#include <optional>

#include "enroll/openssl.h"
#include "jose/base64.h"

namespace edgeseal::enroll {

using jose::encode_base64;

// White space anywhere is passed over (RFC 8951 §3.1); anything else that isn't of the alphabet, or padding that is
// missing or in the wrong place, gives nothing.
[[nodiscard]] std::optional<Bytes> decode_base64(ByteView text);

}  // namespace edgeseal::enroll
