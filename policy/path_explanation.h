#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "policy/directory_entry.h"
#include "policy/finding.h"

namespace edgeseal::policy {

struct PathComponent {
  std::string path;
  struct stat status {};          // all 0 where one does not come so far
  std::string facts;              // "drwxr-xr-x root:adm", with the ACL where it has one
  std::vector<Finding> findings;  // none: as it should be
};

struct PathExplanation {
  std::vector<PathComponent> components;  // from "/" on, as far as one comes
  DirectoryEntry last;                    // of the whole path; none where one does not come so far

  [[nodiscard]] std::vector<Finding> findings() const;
};

// What namei(1) shows and sshd's StrictModes judges, for each component of an absolute path: root or one of `owners`
// has it, nobody else may write it; root's sticky directories pass on the way. By descriptors, no symbolic link
// followed. Throws Error for what is no absolute path.
[[nodiscard]] PathExplanation explain_path(const std::string& path, const std::vector<uid_t>& owners);

}  // namespace edgeseal::policy
