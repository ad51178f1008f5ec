#include "agent/directories/foreign_entries.h"

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "agent/directories/directory.h"
#include "policy/directory_entry.h"
#include "policy/file_facts.h"

namespace edgeseal::agent {

using policy::Fault;
using policy::Finding;

namespace {

constexpr std::size_t max_removals = 100'000;

}  // namespace

// Names come from the directory: in the findings they are written for people.
std::vector<Finding> remove_foreign(const GuardedDirectory& directory, const std::vector<Finding>& findings) {
  const policy::DirectoryEntry entry = policy::open_absolute(directory.path);
  const policy::UniqueFd opened =
      entry.is_directory() ? policy::reopen(entry.fd.get(), O_RDONLY | O_DIRECTORY) : policy::UniqueFd();
  const auto names = opened ? policy::names_in(opened.get(), max_removals) : std::nullopt;
  std::set<std::string> removed;
  for (const std::string& name : names.value_or(std::vector<std::string>())) {
    const std::string path = policy::printable(policy::joined(directory.path, name));
    const auto misplaced = [&](const Finding& finding) {
      return finding.path == path && (finding.fault == Fault::foreign || finding.fault == Fault::kind);
    };
    if (std::ranges::none_of(findings, misplaced)) continue;
    try {
      remove_tree(opened.get(), name);
      removed.insert(path);
    } catch (const std::system_error&) {
      // It is among what is left.
    }
  }
  std::vector<Finding> left = findings;
  std::erase_if(left, [&](const Finding& finding) { return removed.contains(finding.path); });
  return left;
}

}  // namespace edgeseal::agent
