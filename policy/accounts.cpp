#include "policy/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "policy/account_ids.h"
#include "policy/error.h"

namespace edgeseal::policy {
namespace {

static_assert(sizeof(uid_t) == sizeof(gid_t));

// A group with thousands of members takes this much; more is a broken database.
constexpr std::size_t max_entry_size = std::size_t{16} * 1024 * 1024;

// getpwnam_r and its kin have one shape: they fill `entry`, whose strings live in `buffer`, or say ERANGE. They tell
// "not found" by 0 and a null result, or by one of four errors (getpwnam(3)).
template <class Entry, class Key, class Result>
std::optional<Result> look_up(int (*get)(Key, Entry*, char*, std::size_t, Entry**), Key key,
                              Result (*take)(const Entry&), const std::string& shown) {
  for (std::size_t size = 1024; size <= max_entry_size; size *= 4) {
    std::vector<char> buffer(size);
    Entry entry{};
    Entry* found = nullptr;
    const int rc = get(key, &entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return take(*found);
    if (rc == 0 || rc == ENOENT || rc == ESRCH || rc == EBADF || rc == EPERM) return std::nullopt;
    if (rc != ERANGE && rc != EINTR) throw Error(shown, std::string("account database: ") + std::strerror(rc));
  }
  throw Error(shown, "account database: the entry is larger than 16 MiB");
}

// 4294967295 is no id: it is what chown(2) and setuid(2) take for "none".
std::optional<uid_t> parse_id(const std::string& text) {
  uid_t id = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, id);
  if (error != std::errc{} || stop != end || id == static_cast<uid_t>(-1)) return std::nullopt;
  return id;
}

uid_t uid_of(const passwd& entry) {
  return entry.pw_uid;
}
gid_t gid_of(const group& entry) {
  return entry.gr_gid;
}
std::string name_of(const passwd& entry) {
  return entry.pw_name;
}
std::string name_of_group(const group& entry) {
  return entry.gr_name;
}

}  // namespace

std::optional<uid_t> find_user(const std::string& name_or_id) {
  static AccountIds users([](const std::string& name) { return look_up(getpwnam_r, name.c_str(), uid_of, name); });
  const auto user = users.find(name_or_id);
  return user ? user : parse_id(name_or_id);
}

std::optional<gid_t> find_group(const std::string& name_or_id) {
  static AccountIds groups([](const std::string& name) { return look_up(getgrnam_r, name.c_str(), gid_of, name); });
  const auto group = groups.find(name_or_id);
  return group ? group : parse_id(name_or_id);
}

std::string describe_user(uid_t uid) {
  const std::string number = "uid " + std::to_string(uid);
  try {
    return look_up(getpwuid_r, uid, name_of, number).value_or(number);
  } catch (const Error&) {
    return number;
  }
}

std::string describe_group(gid_t gid) {
  const std::string number = "gid " + std::to_string(gid);
  try {
    return look_up(getgrgid_r, gid, name_of_group, number).value_or(number);
  } catch (const Error&) {
    return number;
  }
}

}  // namespace edgeseal::policy
