#pragma once

#include <vector>

#include "agent/directories/guarded_directory.h"

namespace edgeseal::agent {

// What does not belong directly in the directory goes, with all that is in it: as far as these findings name it.
// Answers the findings that are left. Any thread.
[[nodiscard]] std::vector<policy::Finding> remove_foreign(const GuardedDirectory& directory,
                                                          const std::vector<policy::Finding>& findings);

}  // namespace edgeseal::agent
