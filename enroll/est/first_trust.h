#pragma once

#include <stop_token>

#include "enroll/job.h"
#include "enroll/trust_anchors.h"

namespace edgeseal::enroll::est {

// The first anchor for a server that nobody knows yet (RFC 7030 §4.1.1): its CA certificates are read in a provisional
// connection, in which nothing is told to it, and one root is believed: that with the fingerprint of the job, or that
// of which somebody at the device, or the agent for them, says that the fingerprint is right. Whoever calls this begins
// a new connection with it. Throws Error{server_untrusted}, and what EstClient::ca_certificates throws.
[[nodiscard]] TrustSet first_trust(const Job& job, JobPort& port, const Surroundings& surroundings,
                                   const std::stop_token& stop);

}  // namespace edgeseal::enroll::est
