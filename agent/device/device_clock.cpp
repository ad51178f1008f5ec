#include "agent/device/device_clock.h"

#include <systemd/sd-id128.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <system_error>

namespace edgeseal::agent {

namespace {

using std::chrono::seconds;

seconds read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) throw std::system_error(errno, std::generic_category(), "clock_gettime");
  return seconds(time.tv_sec);
}

seconds elapsed(const ClockReading& before, const ClockReading& now, seconds least_restart) {
  if (before.boot == now.boot && before.since_boot <= now.since_boot) return now.since_boot - before.since_boot;
  return std::max(now.since_epoch - before.since_epoch, least_restart);
}

// A clock that jumps back and forth at restarts adds up, and stays within what can be kept.
DeviceClock::Time after(const ClockRecord& before, const ClockReading& now, seconds least_restart) {
  const auto time = std::chrono::floor<seconds>(before.time) + elapsed(before.reading, now, least_restart);
  return std::min(time, latest_kept_time);
}

}  // namespace

ClockReading read_clocks() {
  ClockReading reading{{}, read_clock(CLOCK_BOOTTIME), read_clock(CLOCK_REALTIME)};
  sd_id128_t boot{};
  if (::sd_id128_get_boot(&boot) >= 0) std::memcpy(reading.boot.data(), boot.bytes, reading.boot.size());
  return reading;
}

DeviceClock::DeviceClock(State& state, Read read, seconds least_restart) : state_(state), read_(std::move(read)) {
  const ClockReading now = read_();
  const auto before = state_.clock_record();
  begin_ = {now, before ? after(*before, now, least_restart) : Time(now.since_epoch)};
  state_.put_clock_record(begin_);
}

DeviceClock::Time DeviceClock::now() const {
  return begin_.time + (read_().since_boot - begin_.reading.since_boot);
}

void DeviceClock::record() {
  const ClockReading reading = read_();
  state_.put_clock_record({reading, begin_.time + (reading.since_boot - begin_.reading.since_boot)});
}

}  // namespace edgeseal::agent
