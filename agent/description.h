#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/applications.h"
#include "agent/directory_guard.h"
#include "agent/retired_keys.h"
#include "agent/setup/setup.h"
#include "agent/state.h"
#include "agent/state_anchor.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

[[nodiscard]] std::map<std::string, std::string> tpm_facts(const tpm::TpmFacts& facts);

// What is described.
struct Described {
  State& state;
  Applications& applications;
  const TpmState& tpm;
  const StateAnchor& anchor;
  std::vector<RetiredKeys::Life> retired;
  TrustLists& lists;
  const TrustAlarms& alarms;
  const DirectoryGuard& guard;
  const Setup& setup;
};

// The whole state for programs, as JSON (docs/dbus.md, Describe). Nothing in it is secret.
[[nodiscard]] std::string describe_agent(const Described& described);

}  // namespace edgeseal::agent
