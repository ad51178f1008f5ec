#pragma once

#include "agent/device/device_clock.h"

namespace edgeseal::test {

// The clocks of a machine that somebody else winds.
struct FakeClocks {
  using seconds = std::chrono::seconds;

  void advance(seconds time) {
    reading.since_boot += time;
    reading.since_epoch += time;
  }
  void set_time_of_day(seconds since_epoch) { reading.since_epoch = since_epoch; }
  void restart_machine(seconds switched_off) {
    reading.boot[0] = static_cast<std::byte>(std::to_integer<unsigned>(reading.boot[0]) + 1);
    reading.since_boot = seconds(5);
    reading.since_epoch += switched_off;
  }
  [[nodiscard]] agent::DeviceClock::Read reader() {
    return [this] { return reading; };
  }

  agent::ClockReading reading{{}, std::chrono::hours(1), std::chrono::hours(500'000)};
};

}  // namespace edgeseal::test
