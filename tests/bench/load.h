#pragma once

#include <chrono>
#include <functional>
#include <vector>

namespace edgeseal::bench {

using Duration = std::chrono::nanoseconds;

// One signature or one handshake, from its request to its answer; throws when it fails. Called from one thread at a
// time.
using Operation = std::function<void()>;

// What clients did that worked side by side.
struct Load {
  std::vector<std::vector<Duration>> latencies;  // by client
  Duration elapsed{0};                           // until the last answer
  Duration client_time{0};                       // of the processors, in this process
  Duration server_time{0};                       // of the processors, where a contender names servers
};

// A closed loop: each client, in a thread of its own, asks anew as soon as it is answered, until the time is over; what
// is in work then is still answered and counted. Rethrows what a client throws.
[[nodiscard]] Load run_clients(const std::vector<Operation>& clients, Duration time);

}  // namespace edgeseal::bench
