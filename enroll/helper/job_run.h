#pragma once

#include <stop_token>

#include "enroll/job.h"

namespace edgeseal::enroll::helper {

// Runs one job by a helper program, for an authority that speaks none of our protocols. The trust anchors stay as they
// are; what the helper brings is judged by them like everybody else's. Throws Error.
[[nodiscard]] Result run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop);

}  // namespace edgeseal::enroll::helper
