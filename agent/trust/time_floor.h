#pragma once

#include <chrono>

#include "agent/device_clock.h"

namespace edgeseal::agent {

// The time for validation on devices whose clock may stand at 1970 after each start: CLOCK_REALTIME, and never earlier
// than what this device has known before, or than the release of this agent.
[[nodiscard]] std::chrono::system_clock::time_point validation_time(const DeviceClock& clock);

}  // namespace edgeseal::agent
