#include "agent/directories/guarded_directory.h"

#include <unistd.h>

namespace edgeseal::agent {

namespace {

policy::EntryRule own(policy::Acl access) {
  return {{::geteuid()}, ::getegid(), std::move(access)};
}

}  // namespace

policy::DirectoryRules publication_rules(const std::vector<std::string>& applications) {
  policy::DirectoryRules rules;
  rules.top = own(policy::acl_of_mode(0711));
  rules.places.insert(applications.begin(), applications.end());
  rules.places.insert(std::string(Publication::staging_name));
  return rules;
}

policy::DirectoryRules staging_rules() {
  policy::DirectoryRules rules;
  rules.top = own(policy::acl_of_mode(0700));
  rules.shared.insert("");
  return rules;
}

policy::DirectoryRules application_rules(const Readers& readers, const std::vector<std::string>& groups) {
  policy::DirectoryRules rules;
  rules.top = own(policy::acl_for_readers(readers.users, readers.groups));
  rules.places.insert(groups.begin(), groups.end());
  return rules;
}

policy::DirectoryRules group_rules(const std::vector<std::string>& directories, const Manifest& files) {
  policy::DirectoryRules rules;
  rules.top = rules.directory = own(policy::acl_of_mode(published_directory_mode));
  rules.file = own(policy::acl_of_mode(published_file_mode));
  rules.directories.insert(directories.begin(), directories.end());
  for (const auto& [path, file] : files) rules.files.emplace(path, policy::ExpectedFile{file.size, file.sha256});
  return rules;
}

}  // namespace edgeseal::agent
