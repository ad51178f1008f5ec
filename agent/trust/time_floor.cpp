#include "agent/trust/time_floor.h"

#include <fmt/format.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/failure.h"

namespace edgeseal::agent {

namespace {

// Of this release; no clock is right that is earlier.
constexpr TimeFloor::Time release = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::November / 1);

constexpr std::chrono::hours step{1};
constexpr std::chrono::minutes retry_pause{1};
constexpr const char* synchronised_mark = "/run/systemd/timesync/synchronized";  // systemd-timesyncd.service(8)

// Set by hand, or left alone for hours, it is not. A container may not ask.
bool kernel_is_synchronised() {
  timex clock{};
  const int state = ::adjtimex(&clock);
  return state >= 0 && state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

}  // namespace

TimeOfDay read_time_of_day() {
  return {std::chrono::system_clock::now(), ::access(synchronised_mark, F_OK) == 0 || kernel_is_synchronised()};
}

TimeFloor::TimeFloor(State& state, Read read)
    : state_(state), read_(std::move(read)), known_(state.latest_time().value_or(Time{})) {}

TimeFloor::Time TimeFloor::now() {
  const TimeOfDay read = read_();
  if (read.synchronised || read.time >= known_) {
    if (read.time > known_ + step || read.time < known_) remember(read.time);
    return std::max(read.time, release);
  }
  return std::max(known_, release);
}

// Where the disk takes nothing, not at each question.
void TimeFloor::remember(Time time) {
  if (failed_at_ && std::chrono::abs(time - *failed_at_) < retry_pause) return;
  try {
    state_.record_latest_time(time);
    known_ = time;
    failed_at_.reset();
  } catch (const Error& error) {
    failed_at_ = time;
    log_failure(Level::warning, "the time could not be recorded", error);
  }
}

}  // namespace edgeseal::agent
