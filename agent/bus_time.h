#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace edgeseal::agent {

// A time of day as the bus has it: microseconds since 1970. One before that is 0, as is one that there is not.
template <class Duration>
[[nodiscard]] std::uint64_t microseconds_of(std::chrono::sys_time<Duration> time) {
  const auto since_1970 = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
  return since_1970 < 0 ? 0 : static_cast<std::uint64_t>(since_1970);
}

template <class Duration>
[[nodiscard]] std::uint64_t microseconds_of(const std::optional<std::chrono::sys_time<Duration>>& time) {
  return time ? microseconds_of(*time) : 0;
}

}  // namespace edgeseal::agent
