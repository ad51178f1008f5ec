#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>

namespace edgeseal::provider {

// std::chrono::steady_clock lives in libstdc++, which the module does not link.
struct MonotonicClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
};

// The end of the time that one call of the program may take.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit) noexcept : end_(MonotonicClock::now() + limit) {}

  // Rounded up, so that waiting for it reaches the end; zero once passed.
  [[nodiscard]] std::chrono::milliseconds remaining() const noexcept {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end_ - MonotonicClock::now());
    return std::max(rest, std::chrono::milliseconds::zero());
  }

  [[nodiscard]] bool passed() const noexcept { return MonotonicClock::now() >= end_; }

 private:
  MonotonicClock::time_point end_;
};

}  // namespace edgeseal::provider
