#include "agent/configuration/configuration_surroundings.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "agent/configuration/configuration_files.h"
#include "policy/accounts.h"

namespace edgeseal::agent {

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

bool is_number(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

template <class Entry, class Id>
std::optional<Id> find(const std::string& path, const std::string& name, Entry* (*next)(std::FILE*),
                       char* Entry::*member, Id Entry::*id) {
  const File file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) return std::nullopt;
  while (const Entry* entry = next(file.get()))
    if (entry->*member == name) return entry->*id;
  return std::nullopt;
}

std::optional<uid_t> user_in_image(const std::string& root, const std::string& name) {
  return find(root + "/etc/passwd", name, ::fgetpwent, &passwd::pw_name, &passwd::pw_uid);
}

}  // namespace

std::optional<gid_t> group_in_image(const std::string& root, const std::string& name) {
  return find(root + "/etc/group", name, ::fgetgrent, &group::gr_name, &group::gr_gid);
}

ConfigurationSurroundings this_machine() {
  return {.has_user = [](const std::string& name) { return policy::find_user(name).has_value(); },
          .has_group = [](const std::string& name) { return policy::find_group(name).has_value(); },
          .has_path = [](const std::string& path) { return !is_missing(path); }};
}

ConfigurationSurroundings image(const std::string& root) {
  return {.root = root,
          .has_user = [root](const std::string& name) { return is_number(name) || user_in_image(root, name); },
          .has_group = [root](const std::string& name) { return is_number(name) || group_in_image(root, name); },
          .has_path = [root](const std::string& path) { return !is_missing(root + path); },
          .missing = ConfigurationProblem::Kind::warning};
}

ConfigurationSurroundings any_machine() {
  const auto is_there = [](const std::string&) { return true; };
  return {.has_user = is_there, .has_group = is_there, .has_path = is_there};
}

}  // namespace edgeseal::agent
