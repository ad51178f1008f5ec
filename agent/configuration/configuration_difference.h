#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/configuration/declarations.h"
#include "agent/configuration/declared_record.h"
#include "dbus/configuration_port.h"

namespace edgeseal::agent {

// What the agent works with now: all applications of the state, the files of the last reading.
struct InForce {
  std::vector<ApplicationRecord> applications{};
  DeclaredRecord record{};
  std::vector<ProfileFile> profiles{};
  std::vector<DeclaredApproval> approvals{};
  std::map<std::string, std::string> settings{};
};

// What has to be done so that what is declared holds, and all of it for people, unchanged things too.
struct ConfigurationDifference {
  std::vector<ApplicationRecord> put{};       // with what the files left out
  std::vector<ApplicationRecord> undeclared;  // their files are gone
  std::vector<AdoptedRecord> adopt{};
  std::vector<std::string> release{};  // paths
  std::vector<DeclaredTrustList> trust_lists{};
  DeclaredRecord record{};  // once it is done, but for the trust lists, which count when they are in force
  std::vector<dbus::ConfigurationChange> changes{};

  [[nodiscard]] bool is_new(const std::string& application) const;  // "added"
};

// A pure function. Applications that came over the bus are left alone unless a file has their name.
[[nodiscard]] ConfigurationDifference difference(const InForce& in_force, const Declarations& declared);

}  // namespace edgeseal::agent
