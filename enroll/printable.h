#pragma once

#include <string>
#include <string_view>

namespace edgeseal::enroll {

inline constexpr std::size_t max_quoted_text = 200;

// What others sent, fit for a journal and a terminal: printable ASCII, runs of anything else as one space, cut off
// with "..." after max_quoted_text.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace edgeseal::enroll
