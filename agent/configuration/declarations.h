#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/keys/pcr_policies.h"
#include "agent/renewal/profile.h"
#include "agent/state/state.h"
#include "agent/trust/trust_list.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// What a group is to trust at first: `list` specifies the lists that the file names; the others stay as they are. How
// it is used is a declaration of its own, without a list: whoever changes it brings no older list back.
struct DeclaredTrustList {
  dbus::GroupName group;
  TrustList list{};
  dbus::TrustListOptions options{};

  [[nodiscard]] bool has_options() const { return options.update_frequency || options.default_validation_options; }
};

struct DeclaredDirectory : AdoptedRecord {
  unsigned line = 0;  // in the file of its application
};

// What lasts and stands in files: applications.d, enrolment.d, pcr-approvals.d. `settings`: what edgeseal.toml
// says, by "section.key", as it is written there; of a file that it names, the digest of what is in it.
struct Declarations {
  std::vector<ApplicationRecord> applications{};  // by name
  std::vector<DeclaredTrustList> trust_lists{};
  std::vector<DeclaredDirectory> directories{};
  std::vector<ProfileFile> profiles{};
  std::vector<DeclaredApproval> approvals{};
  std::map<std::string, std::string> settings{};
  // Applications whose file has a mistake: what it says of trust and directories is not here, and is not gone either.
  std::set<std::string> faulty{};
};

}  // namespace edgeseal::agent
