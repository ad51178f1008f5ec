#pragma once

#include <string>
#include <vector>

#include "policy/directory_entry.h"
#include "policy/directory_rules.h"

namespace edgeseal::policy {

// Owner, group, and access of an opened entry by a rule. `path` as it is in the file system.
[[nodiscard]] std::vector<Finding> findings_of(const DirectoryEntry& entry, const std::string& path,
                                               const EntryRule& rule);

}  // namespace edgeseal::policy
