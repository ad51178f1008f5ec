#pragma once

#include <chrono>
#include <string_view>

namespace edgeseal::enroll {

inline constexpr std::chrono::seconds default_retry{60};
inline constexpr std::chrono::seconds min_retry{1};
inline constexpr std::chrono::seconds max_retry{24 * 60 * 60};

// What a Retry-After header means (RFC 9110 §10.2.3: seconds or a date), within min_retry and max_retry; default_retry
// where it means nothing.
[[nodiscard]] std::chrono::seconds retry_after(std::string_view header, std::chrono::system_clock::time_point now);
[[nodiscard]] std::chrono::seconds bounded_retry(std::chrono::seconds wanted);

}  // namespace edgeseal::enroll
