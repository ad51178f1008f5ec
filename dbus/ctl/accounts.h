#pragma once

#include <string>

namespace edgeseal::ctl {

[[nodiscard]] bool account_exists(const std::string& name);
// Its name. Throws Failure (Usage) where there is no such account.
[[nodiscard]] std::string primary_group_of(const std::string& account);

}  // namespace edgeseal::ctl
