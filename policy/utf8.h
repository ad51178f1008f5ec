#pragma once

#include <cstddef>
#include <string_view>

namespace edgeseal::policy {

// The size of the UTF-8 character (RFC 3629 §4) at the front of `text`, which is not empty; 0: there is none.
[[nodiscard]] std::size_t utf8_character(std::string_view text);

}  // namespace edgeseal::policy
