#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "policy/directory_entry.h"
#include "policy/finding.h"
#include "policy/posix_acl.h"

namespace edgeseal::policy {

struct EntryRule {
  std::vector<uid_t> owners;   // one of these
  std::optional<gid_t> group;  // none: any
  std::optional<Acl> access;   // just this, and no set-id or sticky bit; none: nobody but the owner may write
};

// Owner, group, and access of an opened entry by a rule. `path` as it is in the file system.
[[nodiscard]] std::vector<Finding> findings_of(const DirectoryEntry& entry, const std::string& path,
                                               const EntryRule& rule);
// Makes owner, group and access of what the descriptor stands for as the rule says; false where that is not possible.
[[nodiscard]] bool mend_entry(int descriptor, const EntryRule& rule);

}  // namespace edgeseal::policy
