#include "dbus/ctl/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

std::string group_name_of(gid_t gid) {
  const group* entry = getgrgid(gid);
  return entry == nullptr ? std::to_string(gid) : entry->gr_name;
}

std::vector<gid_t> own_groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  groups.resize(static_cast<std::size_t>(std::max(getgroups(static_cast<int>(groups.size()), groups.data()), 0)));
  groups.push_back(getegid());
  return groups;
}

bool holds(const std::string& condition) {
  constexpr std::string_view group = "group=";
  if (condition.starts_with(group)) return is_in_group(condition.substr(group.size()));
  return condition == "user=" + account_name(geteuid()) || condition == "user=" + std::to_string(geteuid());
}

}  // namespace

bool account_exists(const std::string& name) {
  return !name.empty() && getpwnam(name.c_str()) != nullptr;
}

bool lasting_account_exists(const std::string& name) {
  constexpr uid_t first_dynamic = 61184, last_dynamic = 65519;
  const passwd* entry = name.empty() ? nullptr : getpwnam(name.c_str());
  return entry != nullptr && (entry->pw_uid < first_dynamic || entry->pw_uid > last_dynamic);
}

std::string account_name(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

bool is_in_group(const std::string& group_name) {
  return std::ranges::any_of(
      own_groups(), [&](gid_t gid) { return group_name == group_name_of(gid) || group_name == std::to_string(gid); });
}

bool lets_in(const std::string& access_rule) {
  std::istringstream conditions(access_rule);
  bool all_hold = !access_rule.empty();
  for (std::string condition; std::getline(conditions, condition, ',');) all_hold = all_hold && holds(condition);
  return all_hold;
}

std::string primary_group_of(const std::string& account) {
  const passwd* entry = getpwnam(account.c_str());
  if (entry == nullptr) throw Failure(ExitCode::Usage, "there is no account \"" + account + "\"", "create it first");
  return group_name_of(entry->pw_gid);
}

}  // namespace edgeseal::ctl
