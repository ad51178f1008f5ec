#pragma once

#include <sys/types.h>

#include "policy/access_rule.h"

namespace edgeseal::agent {

// Who is at the other end of a connected Unix socket, as the kernel wrote it down at connect (SO_PEERCRED,
// SO_PEERGROUPS). Throws std::system_error.
[[nodiscard]] policy::Caller peer_of(int socket);

// The systemd unit that the peer belongs to, from its cgroup; empty where it has none or is gone.
[[nodiscard]] std::string peer_unit(int socket);

}  // namespace edgeseal::agent
