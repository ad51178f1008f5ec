#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "agent/state/state.h"

namespace edgeseal::agent {

// CLOCK_REALTIME, and whether a time server has set it: since the machine started, by systemd-timesyncd(8), or of late,
// by whichever program told the kernel (chronyd, ntpd; adjtimex(2)).
struct TimeOfDay {
  std::chrono::system_clock::time_point time;
  bool synchronised = false;
};
[[nodiscard]] TimeOfDay read_time_of_day();

// The time for validation, also on devices whose clock stands at 1970 after each start: the time of day, but, until a
// time server has set it, never earlier than the latest time of day that this device has known, or than the release of
// this agent. So nobody makes an expired certificate good again by turning the clock back. Loop's thread.
class TimeFloor {
 public:
  using Time = std::chrono::system_clock::time_point;
  using Read = std::function<TimeOfDay()>;

  // Throws Error{state_unavailable}.
  explicit TimeFloor(State& state, Read read = read_time_of_day);

  // Writes the state once an hour; where that fails, tries again after a minute.
  [[nodiscard]] Time now();

 private:
  void remember(Time time);

  State& state_;
  const Read read_;
  Time known_;                     // what the state has
  std::optional<Time> failed_at_;  // the last try to write it
};

}  // namespace edgeseal::agent
