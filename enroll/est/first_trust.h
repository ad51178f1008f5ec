#pragma once

#include <stop_token>

#include "enroll/job.h"
#include "enroll/trust_anchors.h"

namespace edgeseal::enroll::est {

// The first anchor for a server that nobody knows yet (RFC 7030 §4.1.1): its CA certificates are read in a provisional
// connection, in which nothing is told to it, and the root with the fingerprint of the job is believed; where it has
// none, the root is proposed for somebody to compare, and the job waits. Whoever calls this begins a new connection
// with it. Throws Error{server_untrusted}, and what EstClient::ca_certificates throws; what the server refuses or
// leaves undecided is Error{transport}, for nobody knows whose word it is.
[[nodiscard]] TrustSet first_trust(const Job& job, JobPort& port, const Surroundings& surroundings,
                                   const std::stop_token& stop);

// That of the job; where it has none yet and says how to begin, first_trust().
[[nodiscard]] TrustSet initial_trust(const Job& job, JobPort& port, const Surroundings& surroundings,
                                     const std::stop_token& stop);

}  // namespace edgeseal::enroll::est
