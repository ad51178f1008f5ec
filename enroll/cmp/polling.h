#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

namespace edgeseal::enroll::cmp {

// The time that passes while a server makes up its mind; a test has one of its own.
class Timer {
 public:
  virtual ~Timer() = default;

  // Never goes back, whatever is done to the clock of the device.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() = 0;
  // Ends early when told to stop.
  virtual void wait(std::chrono::seconds duration, const std::stop_token& stop) = 0;
};
[[nodiscard]] Timer& device_timer();

// How often a server that answers "waiting" is asked again, and how long in all.
class Polling {
 public:
  Polling(Timer& timer, std::chrono::seconds patience) : timer_(timer), end_(timer.now() + patience) {}

  // Waits as long as the server wishes, within the bounds of retry_after.h; default_retry where it wishes nothing that
  // has a meaning. Throws Error{waiting} when there is no time left for another try, Error{cancelled} when told to
  // stop.
  void wait(std::optional<std::int64_t> check_after, const std::stop_token& stop);

 private:
  Timer& timer_;
  const std::chrono::steady_clock::time_point end_;
};

}  // namespace edgeseal::enroll::cmp
