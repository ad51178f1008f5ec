#pragma once

#include <sys/types.h>

#include <string>

namespace edgeseal::ctl {

[[nodiscard]] bool account_exists(const std::string& name);
// Not one that systemd has made for a service while it runs (DynamicUser= in systemd.exec(5)).
[[nodiscard]] bool lasting_account_exists(const std::string& name);
// Or its number, where it has no name.
[[nodiscard]] std::string account_name(uid_t uid);
// Of whoever runs this; the group by its name or number.
[[nodiscard]] bool is_in_group(const std::string& group_name);
// Whether an access rule, as "user=www-data", lets in whoever runs this. One that asks for a unit doesn't: programs of
// that unit are others.
[[nodiscard]] bool lets_in(const std::string& access_rule);
// Its name. Throws Failure (Usage) where there is no such account.
[[nodiscard]] std::string primary_group_of(const std::string& account);

}  // namespace edgeseal::ctl
