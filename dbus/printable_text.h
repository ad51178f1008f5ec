#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeseal::dbus {

// Whether a terminal, the journal and a web page show UTF-8 text as what it is: no control characters (C0, C1), no line
// or paragraph separators, nothing invisible, nothing that changes the direction of what follows.
[[nodiscard]] bool is_printable(std::string_view text);

// The text with "?" for each character that isn't, up to `most` bytes and whole characters.
[[nodiscard]] std::string made_printable(std::string_view text, std::size_t most = std::string_view::npos);

}  // namespace edgeseal::dbus
