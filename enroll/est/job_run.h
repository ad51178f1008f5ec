#pragma once

#include <stop_token>

#include "enroll/job.h"

namespace edgeseal::enroll::est {

// Runs one job by EST: first trust where none is there, trust anchors, the certificate. Keeps nothing: what isn't in
// the result has not happened. Throws Error.
[[nodiscard]] Result run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop);

}  // namespace edgeseal::enroll::est
