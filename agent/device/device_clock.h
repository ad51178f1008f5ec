#pragma once

#include <functional>

#include "agent/state/state.h"

namespace edgeseal::agent {

[[nodiscard]] ClockReading read_clocks();

// The time that lifetimes of keys are counted in. It begins as the time of day and goes on with CLOCK_BOOTTIME, also
// over restarts of the agent, whatever the time of day is set to. A restart of the machine is spanned by the time of
// day alone, as far as that went forward, and counts for `least_restart` at least: so no clock that begins anew at each
// start keeps it standing. Loop's thread.
class DeviceClock {
 public:
  using Time = State::Clock::time_point;
  using Read = std::function<ClockReading()>;

  // Throws Error{state_unavailable}.
  DeviceClock(State& state, Read read, std::chrono::seconds least_restart);

  [[nodiscard]] Time now() const;
  // What the next run starts from; every now and then, for a crash of the machine.
  void record();

 private:
  State& state_;
  const Read read_;
  ClockRecord begin_;
};

}  // namespace edgeseal::agent
