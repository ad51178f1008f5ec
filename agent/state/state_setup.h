#pragma once

#include <string_view>

namespace edgeseal::agent {

// Absent: the flag is on. Its value: applications, one a line, whose unconfirmed changes turned it off.
inline constexpr std::string_view setup_closed_fact = "setup-closed";

}  // namespace edgeseal::agent
