#pragma once

#include <cstddef>
#include <string>

namespace edgeseal::ctl {

// Of the standard output; where that is no terminal, what COLUMNS says, else 80. From 40 to 400.
[[nodiscard]] std::size_t terminal_width();

// The locale of this process (LC_ALL, LC_CTYPE, LANG) is one of UTF-8.
[[nodiscard]] bool shows_utf8();

}  // namespace edgeseal::ctl
