#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/ctl/agent_connection.h"

namespace edgeseal::ctl {

// A slot of an enrolment profile; times in microseconds since 1970 UTC, 0: none.
struct Renewal {
  std::string slot, profile, needs;
  std::uint64_t expires = 0, due = 0, next_try = 0;
  std::uint32_t failures = 0;
};

[[nodiscard]] std::vector<Renewal> read_renewals(AgentConnection& agent);

}  // namespace edgeseal::ctl
