#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace edgeseal::policy {

// The id of an account or group, by name or by decimal number; a name wins, as for chown(1). Absent where there is
// none. Throws Error (path = the name) where the account database itself cannot be read: that is no proof of absence.
// A minute old at most; see AccountIds.
[[nodiscard]] std::optional<uid_t> find_user(const std::string& name_or_id);
[[nodiscard]] std::optional<gid_t> find_group(const std::string& name_or_id);

// For messages: the account's name, or "uid 4711" where it has none; for groups alike.
[[nodiscard]] std::string describe_user(uid_t uid);
[[nodiscard]] std::string describe_group(gid_t gid);

}  // namespace edgeseal::policy
