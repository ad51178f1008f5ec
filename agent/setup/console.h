#pragma once

#include <sys/types.h>

namespace edgeseal::agent {

// Whether the process belongs to a session of somebody who logged in at the device itself, at a screen or a serial
// line; false where the service manager knows nothing of it.
[[nodiscard]] bool is_at_console(pid_t process);

}  // namespace edgeseal::agent
