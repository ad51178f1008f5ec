#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "agent/state/state.h"
#include "policy/access_rule.h"

namespace edgeseal::agent {

// An account by its name or number; nothing for none. Throws Error{internal_error} where the account database can't be
// read.
[[nodiscard]] std::optional<uid_t> find_account(const std::string& name);

// Throws Error{invalid_argument} for a rule that does not parse or names an account that is not there.
void require_access_rule(const std::string& rule);

// Who may use the keys of an application and read what it publishes: its account, and whom its rules name.
// Throws Error{invalid_argument} for the first rule that does not parse or names an account that is not there.
[[nodiscard]] std::vector<policy::AccessRule> parse_access(const ApplicationRecord& application);

// The same for rules that were accepted once: one whose account is gone gives nobody access, and is logged.
[[nodiscard]] std::vector<policy::AccessRule> known_access(const ApplicationRecord& application);

}  // namespace edgeseal::agent
