#pragma once

#include <stop_token>
#include <vector>

#include "enroll/discovery/service.h"

namespace edgeseal::enroll::discovery {

// What Avahi hears on the network, sorted: until it has all that is in its cache or answers at once, browse_time at
// most. On a connection to the system bus of its own, with which everything ends that Avahi keeps for it. What is
// malformed is passed over, with a line in the journal. Throws Error{policy} for a query that is none, Error{transport}
// where there is no Avahi, Error{cancelled}.
[[nodiscard]] std::vector<Service> browse(const Query& query, const std::stop_token& stop = {});

}  // namespace edgeseal::enroll::discovery
