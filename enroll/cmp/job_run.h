#pragma once

#include <stop_token>

#include "enroll/job.h"

namespace edgeseal::enroll::cmp {

// Runs one job by CMP. Keeps nothing: what isn't in the result has not happened. A first certificate is asked for by
// the shared secret of the job, or by the identity of the device; a renewal stands on the current certificate alone.
// Trust anchors that come along are taken where the job has none. Throws Error.
[[nodiscard]] Result run(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop);

}  // namespace edgeseal::enroll::cmp
