#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/applications.h"
#include "agent/directory_guard.h"
#include "agent/retired_keys.h"
#include "agent/state.h"
#include "agent/state_anchor.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

[[nodiscard]] std::map<std::string, std::string> tpm_facts(const tpm::TpmFacts& facts);
// DESIGN "Setup": setup-open on a new device, operational once a certificate was installed.
// setup-locked where the TPM remembers a configured device and the disk does not.
[[nodiscard]] std::string_view setup_state_name(State& state, const StateAnchor& anchor);

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
};

// The whole state for programs, as JSON (docs/dbus.md, Describe). Nothing in it is secret.
[[nodiscard]] std::string describe_agent(const Described& described);

}  // namespace edgeseal::agent
