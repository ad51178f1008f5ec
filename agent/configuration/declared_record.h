#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/configuration/declarations.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

// What of the files is in force, where the state itself does not say that it came from them.
struct DeclaredRecord {
  std::vector<AdoptedRecord> directories{};
  // By name_of(): digest of the declaration that was put into force. Whoever may has changed the list since.
  std::map<std::string, std::string> trust_lists{};

  bool operator==(const DeclaredRecord&) const = default;
};

// A record that is damaged is none: at worst a list is declared anew, by somebody who may.
[[nodiscard]] DeclaredRecord read_declared(State& state);
void write_declared(State& state, const DeclaredRecord& record);
// The record held what State::deletions() holds now.
void take_over_deletions(State& state);

[[nodiscard]] std::string name_of(const DeclaredTrustList& declared);  // "application/group" or ".../options"
[[nodiscard]] std::string digest_of(const DeclaredTrustList& declared);
// Of a name of the record.
[[nodiscard]] bool names_options(const std::string& name);
[[nodiscard]] dbus::GroupName group_of(const std::string& name);

}  // namespace edgeseal::agent
