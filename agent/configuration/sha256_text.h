#pragma once

#include <optional>
#include <string_view>

#include "tpm/bytes.h"

namespace edgeseal::agent {

// 32 bytes in 64 hexadecimal digits, upper or lower case; nothing where the text is something else.
[[nodiscard]] std::optional<tpm::Bytes> parse_sha256(std::string_view digits);

}  // namespace edgeseal::agent
