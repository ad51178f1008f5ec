#include "agent/configuration/configuration_difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "agent/configuration/application_rules.h"
#include "agent/group_name.h"

namespace edgeseal::agent {

namespace {

constexpr const char* added = "added";
constexpr const char* changed = "changed";
constexpr const char* removed = "removed";
constexpr const char* unchanged = "unchanged";

template <class Items, class Key, class Member>
auto find(const Items& items, const Key& key, Member member) -> const typename Items::value_type* {
  const auto found = std::ranges::find(items, key, member);
  return found == items.end() ? nullptr : &*found;
}

std::vector<std::string> changed_keys(const ApplicationRecord& before, const ApplicationRecord& after) {
  std::vector<std::string> keys;
  const auto compare = [&](const char* key, const auto& member) {
    if (before.*member != after.*member) keys.emplace_back(key);
  };
  compare("application-uri", &ApplicationRecord::application_uri);
  compare("account", &ApplicationRecord::account);
  compare("access", &ApplicationRecord::access);
  compare("slots", &ApplicationRecord::slots);
  compare("legacy", &ApplicationRecord::legacy);
  compare("trust-groups", &ApplicationRecord::trust_groups);
  compare("server-capabilities", &ApplicationRecord::server_capabilities);
  compare("exports", &ApplicationRecord::exports);
  compare("origin", &ApplicationRecord::origin);
  return keys;
}

class Comparison {
 public:
  Comparison(const InForce& in_force, const Declarations& declared) : in_force_(in_force), declared_(declared) {}

  ConfigurationDifference run() {
    compare_applications();
    compare_profiles();
    compare_approvals();
    compare_directories();
    compare_trust_lists();
    compare_settings();
    return std::move(result_);
  }

 private:
  void note(const char* kind, const std::string& name, const char* change, const std::string& detail = {}) {
    result_.changes.push_back({kind, name, change, detail});
  }

  void compare_applications() {
    for (ApplicationRecord application : declared_.applications) {
      const ApplicationRecord* before = find(in_force_.applications, application.name, &ApplicationRecord::name);
      if (before != nullptr && application.application_uri.empty())
        application.application_uri = before->application_uri;
      fill_defaults(application);
      if (before == nullptr)
        note("application", application.name, added);
      else if (*before == application)
        note("application", application.name, unchanged);
      else
        note("application", application.name, changed,
             fmt::format("{}", fmt::join(changed_keys(*before, application), ", ")));
      if (before == nullptr || *before != application) result_.put.push_back(std::move(application));
    }
    for (const ApplicationRecord& application : in_force_.applications) {
      if (!has_file(application) && application.origin != withdrawn_origin) continue;
      if (find(declared_.applications, application.name, &ApplicationRecord::name) != nullptr) continue;
      result_.undeclared.push_back(application);
      note("application", application.name, removed, "with its keys and certificates");
    }
  }

  void compare_profiles() {
    const auto digest = [](const ProfileFile& file) { return file.profile ? file.profile->digest : Bytes{}; };
    for (const ProfileFile& file : declared_.profiles) {
      const ProfileFile* before = find(in_force_.profiles, file.name, &ProfileFile::name);
      note("profile", file.name, before == nullptr ? added : digest(*before) == digest(file) ? unchanged : changed);
    }
    for (const ProfileFile& file : in_force_.profiles)
      if (find(declared_.profiles, file.name, &ProfileFile::name) == nullptr) note("profile", file.name, removed);
  }

  void compare_approvals() {
    for (const DeclaredApproval& approval : declared_.approvals) {
      const DeclaredApproval* before = find(in_force_.approvals, approval.name, &DeclaredApproval::name);
      note("pcr-approval", approval.name, before == nullptr ? added : *before == approval ? unchanged : changed);
    }
    for (const DeclaredApproval& approval : in_force_.approvals)
      if (find(declared_.approvals, approval.name, &DeclaredApproval::name) == nullptr)
        note("pcr-approval", approval.name, removed);
  }

  void compare_directories() {
    const std::vector<AdoptedRecord>& before = in_force_.record.directories;
    result_.record.directories.assign(declared_.directories.begin(), declared_.directories.end());
    for (const AdoptedRecord& directory : result_.record.directories) {
      const AdoptedRecord* known = find(before, directory.path, &AdoptedRecord::path);
      note("directory", directory.path, known == nullptr ? added : *known == directory ? unchanged : changed);
      if (known != nullptr && *known == directory) continue;
      if (known != nullptr) result_.release.push_back(directory.path);
      result_.adopt.push_back(directory);
    }
    for (const AdoptedRecord& directory : before) {
      if (find(declared_.directories, directory.path, &AdoptedRecord::path) != nullptr) continue;
      if (declared_.faulty.contains(directory.application)) {
        result_.record.directories.push_back(directory);
        continue;
      }
      result_.release.push_back(directory.path);
      note("directory", directory.path, removed, "its files stay");
    }
  }

  void compare_trust_lists() {
    const auto& before = in_force_.record.trust_lists;
    std::set<std::string> names;
    for (const DeclaredTrustList& list : declared_.trust_lists) {
      const std::string name = *names.insert(name_of(list)).first;
      const auto known = before.find(name);
      const bool same = known != before.end() && known->second == digest_of(list);
      note_trust(name, known == before.end() ? added : same ? unchanged : changed);
      if (known != before.end()) result_.record.trust_lists.insert(*known);
      if (!same) result_.trust_lists.push_back(list);
    }
    for (const auto& [name, digest] : before)
      if (!names.contains(name) && !goes(group_of(name).application))
        note_trust(name, removed, names_options(name) ? "they stay in force" : "the list stays in force");
  }

  void note_trust(const std::string& name, const char* change, const std::string& detail = {}) {
    note(names_options(name) ? "trust-options" : "trust-list", name_of(group_of(name)), change, detail);
  }

  [[nodiscard]] bool goes(const std::string& application) const {
    return find(result_.undeclared, application, &ApplicationRecord::name) != nullptr;
  }

  void compare_settings() {
    const auto compare = [&](const auto& from, const auto& to, bool with_present) {
      for (const auto& [name, value] : from) {
        const auto other = to.find(name);
        if (other == to.end() || (with_present && other->second != value)) note("setting", name, "restart");
      }
    };
    compare(declared_.settings, in_force_.settings, true);
    compare(in_force_.settings, declared_.settings, false);
  }

  const InForce& in_force_;
  const Declarations& declared_;
  ConfigurationDifference result_;
};

}  // namespace

bool ConfigurationDifference::is_new(const std::string& application) const {
  return std::ranges::any_of(changes, [&](const dbus::ConfigurationChange& change) {
    return change.kind == "application" && change.name == application && change.change == added;
  });
}

ConfigurationDifference difference(const InForce& in_force, const Declarations& declared) {
  return Comparison(in_force, declared).run();
}

}  // namespace edgeseal::agent
