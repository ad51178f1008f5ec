#pragma once

#include <sys/types.h>

#include <string>

#include "policy/access_rule.h"

namespace edgeseal::agent {

// Who is at the other end of a connected Unix socket, as the kernel wrote it down at connect (SO_PEERCRED,
// SO_PEERGROUPS). The unit is not filled in. Throws std::system_error.
[[nodiscard]] policy::Caller peer_of(int socket);

// Whether the process that connected goes on. A kernel before 6.5 cannot say so: there, whether what has its number now
// is of the same account.
[[nodiscard]] bool peer_lives(int socket);

// The systemd unit of the process that connected, from its cgroup. Empty where it has none, or where that process has
// ended meanwhile: its number may belong to another one by now.
[[nodiscard]] std::string peer_unit(int socket);

// The same of a process that another one names, with its account.
[[nodiscard]] std::string unit_of(pid_t pid, uid_t uid);

}  // namespace edgeseal::agent
