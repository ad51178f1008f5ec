#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/applications.h"
#include "agent/directories/directory_guard.h"
#include "agent/keys/retired_keys.h"
#include "agent/setup/setup.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_alarms.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

[[nodiscard]] std::map<std::string, std::string> tpm_facts(const tpm::TpmFacts& facts);

// Where the agent has what people and programs look for.
struct Places {
  std::string configuration;  // the directory of edgeseal.toml
  std::string state;
  std::string key_socket;
};

// Whom the configuration names.
struct NamedAccounts {
  std::string enrolment;       // runs jobs
  std::string administrators;  // a group; empty: root alone
};

// What is described.
struct Described {
  State& state;
  Applications& applications;
  const TpmState& tpm;
  const StateAnchor& anchor;
  std::vector<RetiredKeys::Life> retired;
  std::vector<dbus::GroupName> unpublished;  // as of State
  TrustLists& lists;
  const TrustAlarms& alarms;
  const DirectoryGuard& guard;
  const Setup& setup;
  const Places& places;
  const NamedAccounts& accounts;
};

// The whole state for programs, as JSON (docs/dbus.md, Describe). Nothing in it is secret.
[[nodiscard]] std::string describe_agent(const Described& described);

}  // namespace edgeseal::agent
