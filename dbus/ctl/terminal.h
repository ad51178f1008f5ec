#pragma once

#include <cstddef>
#include <string>

namespace edgeseal::ctl {

// Where the descriptor (by default the standard output) is no terminal, what COLUMNS says, else 80. From 40 to 400.
[[nodiscard]] std::size_t terminal_width(int descriptor = 1);

// Of UTF-8, at most so many letters: what is longer ends in "..".
[[nodiscard]] std::string cut_to_width(const std::string& text, std::size_t width);

// The locale of this process (LC_ALL, LC_CTYPE, LANG) is one of UTF-8.
[[nodiscard]] bool shows_utf8();

}  // namespace edgeseal::ctl
