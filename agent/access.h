#pragma once

#include <vector>

#include "agent/state.h"
#include "policy/access_rule.h"

namespace edgeseal::agent {

// Who may use the keys of an application and read what it publishes: its account, and whom its rules name.
// Throws Error{invalid_argument} for the first rule that does not parse or names an account that is not there.
[[nodiscard]] std::vector<policy::AccessRule> parse_access(const ApplicationRecord& application);

// The same for rules that were accepted once: one whose account is gone gives nobody access, and is logged.
[[nodiscard]] std::vector<policy::AccessRule> known_access(const ApplicationRecord& application);

}  // namespace edgeseal::agent
