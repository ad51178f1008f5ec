#pragma once

#include <sys/socket.h>

namespace edgeseal::enroll {

// Whether an address is that of another host: policy::leads_elsewhere(), and none that this host has itself. Nothing is
// sent to find out.
[[nodiscard]] bool is_other_host(const sockaddr& address, socklen_t size);

}  // namespace edgeseal::enroll
