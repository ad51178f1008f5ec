#include "dbus/ctl/accounts.h"

#include <grp.h>
#include <pwd.h>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {

bool account_exists(const std::string& name) {
  return !name.empty() && getpwnam(name.c_str()) != nullptr;
}

std::string account_name(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string primary_group_of(const std::string& account) {
  const passwd* entry = getpwnam(account.c_str());
  if (entry == nullptr) throw Failure(ExitCode::Usage, "there is no account \"" + account + "\"", "create it first");
  const group* primary = getgrgid(entry->pw_gid);
  return primary == nullptr ? std::to_string(entry->pw_gid) : primary->gr_name;
}

}  // namespace edgeseal::ctl
