#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/renewal/schedule.h"

namespace edgeseal::agent {

// What the line is made of.
struct StatusFacts {
  struct Renewal {
    std::string slot;
    RenewalTime due;
  };

  std::string tpm, tpm_detail;  // its health; what is wrong, empty where nothing is
  std::size_t applications = 0, alarms = 0, drift = 0;
  std::string setup;
  std::vector<std::string> held_up;     // slots that do not renew without somebody
  std::optional<Renewal> next_renewal;  // that comes by itself
  RenewalTime now;
};

// What `systemctl status` shows of the agent, at most 200 bytes: "TPM ready; 3 applications; setup operational; next
// renewal web/https in 12 d". What is not well comes before what is.
[[nodiscard]] std::string status_line(const StatusFacts& facts);

}  // namespace edgeseal::agent
