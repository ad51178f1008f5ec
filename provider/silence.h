#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "provider/deadline.h"

namespace edgeseal::provider {

// That somebody did not answer in time, for a while. Thread-safe.
class Silence {
 public:
  void note(std::chrono::milliseconds duration) noexcept { end_ = now() + std::chrono::nanoseconds(duration).count(); }
  [[nodiscard]] bool lasts() const noexcept { return now() < end_; }

 private:
  using Nanoseconds = std::int64_t;
  [[nodiscard]] static Nanoseconds now() noexcept { return MonotonicClock::now().time_since_epoch().count(); }

  std::atomic<Nanoseconds> end_{0};
};

}  // namespace edgeseal::provider
