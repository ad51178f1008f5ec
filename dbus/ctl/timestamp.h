#pragma once

#include <cstdint>
#include <string>

namespace edgeseal::ctl {

// Microseconds since 1970 UTC as 2026-01-31T12:00:00Z; "-" for 0.
[[nodiscard]] std::string timestamp_text(std::uint64_t microseconds);

}  // namespace edgeseal::ctl
