#pragma once

#include <sys/types.h>

#include <string>

namespace edgeseal::ctl {

[[nodiscard]] bool account_exists(const std::string& name);
// Or its number, where it has no name.
[[nodiscard]] std::string account_name(uid_t uid);
// Its name. Throws Failure (Usage) where there is no such account.
[[nodiscard]] std::string primary_group_of(const std::string& account);

}  // namespace edgeseal::ctl
