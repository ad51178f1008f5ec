#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/publication/publication.h"
#include "policy/directory_rules.h"

namespace edgeseal::agent {

// A directory that is to stay as its rules say.
struct GuardedDirectory {
  enum class Means {
    report,  // it is not ours to write
    clear,   // what does not belong in it is removed
    restore  // it is written again as a whole
  };
  std::string path;                // absolute
  std::string application, group;  // for the audit trail
  std::shared_ptr<const policy::DirectoryRules> rules;
  Means means = Means::report;
  bool first = false;                 // no guarded directory is above it: what is above is judged as sshd(8) would
  std::vector<uid_t> owners_above{};  // who may have what is above, besides root and the agent
};

// A finding that stands.
struct DirectoryDrift {
  policy::Finding finding;
  std::string action;  // "refused", "reported"
  std::string reason;  // why it could not be repaired
};

// Rules for directories that this process alone writes.

// pki/: applications come and go.
[[nodiscard]] policy::DirectoryRules publication_rules(const std::vector<std::string>& applications);
// pki/.staging, where generations come and go.
[[nodiscard]] policy::DirectoryRules staging_rules();
// pki/APPLICATION
[[nodiscard]] policy::DirectoryRules application_rules(const Readers& readers, const std::vector<std::string>& groups);
// pki/APPLICATION/GROUP
[[nodiscard]] policy::DirectoryRules group_rules(const std::vector<std::string>& directories, const Manifest& files);

}  // namespace edgeseal::agent
