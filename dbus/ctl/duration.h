#pragma once

#include <chrono>
#include <string>

namespace edgeseal::ctl {

// A whole number and s, m, h, d or w: "30d". Throws Failure (Usage) that names `what`.
[[nodiscard]] std::chrono::seconds parse_duration(const std::string& text, const std::string& what);
// In the largest unit that says it exactly.
[[nodiscard]] std::string duration_text(std::chrono::seconds duration);

}  // namespace edgeseal::ctl
