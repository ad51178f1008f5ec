#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace edgeseal::ctl {

// Microseconds since 1970 UTC as 2026-01-31T12:00:00Z; "-" for 0.
[[nodiscard]] std::string timestamp_text(std::uint64_t microseconds);

// The same for programs: null where there is no time.
[[nodiscard]] nlohmann::json time_json(std::uint64_t microseconds);
[[nodiscard]] nlohmann::json time_json(const std::string& text);

}  // namespace edgeseal::ctl
