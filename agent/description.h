#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/applications.h"
#include "agent/retired_keys.h"
#include "agent/state.h"
#include "agent/state_anchor.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

[[nodiscard]] std::map<std::string, std::string> tpm_facts(const tpm::TpmFacts& facts);
// DESIGN "Setup": setup-open on a new device, operational once a certificate was installed.
// setup-locked where the TPM remembers a configured device and the disk does not.
[[nodiscard]] std::string_view setup_state_name(State& state, const StateAnchor& anchor);

// The whole state for programs, as JSON (docs/dbus.md, Describe). Nothing in it is secret.
[[nodiscard]] std::string describe_agent(State& state, Applications& applications, const TpmState& tpm,
                                         const StateAnchor& anchor, const std::vector<RetiredKeys::Life>& retired);

}  // namespace edgeseal::agent
