#include "policy/private_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "policy/accounts.h"
#include "policy/entry_rule.h"
#include "policy/error.h"
#include "policy/file_facts.h"
#include "policy/trusted_path.h"

namespace edgeseal::policy {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& found, const std::string& command) {
  throw Error(printable(path), found + "; remedy: " + command + " " + shell_word(path));
}

// First: to judge it as any trusted directory would advise to give it to root, and then nobody else could enter it.
void require_own(const std::string& directory, uid_t owner) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) == 0 && status.st_uid != owner)
    refuse(directory, "belongs to " + describe_user(status.st_uid) + " and not to " + describe_user(owner),
           "chown -R " + std::to_string(owner));
}

void require_plain_file(const DirectoryEntry& entry, const std::string& path) {
  if (entry.error == EXDEV) refuse(path, "another file system is mounted over it", "umount");
  if (entry.error != 0) throw Error(printable(path), std::strerror(entry.error));
  if (!entry.is_file()) refuse(path, std::string("is a ") + kind_of(entry.status.st_mode), "rm");
  if (entry.status.st_nlink != 1)
    refuse(path, "has " + std::to_string(entry.status.st_nlink) + " hard links", "find / -xdev -samefile");
}

void hold(const DirectoryEntry& entry, const std::string& path, const EntryRule& rule, std::vector<Finding>& mended) {
  for (const Finding& finding : findings_of(entry, path, rule)) {
    if (finding.fault == Fault::owner || !mend_entry(entry.fd.get(), rule))
      throw Error(finding.path, finding.found + ", wanted: " + finding.wanted + "; remedy: " + finding.remedy);
    mended.push_back(finding);
  }
}

}  // namespace

std::vector<Finding> hold_private(const std::string& directory, const std::vector<std::string>& names, uid_t owner) {
  std::vector<Finding> mended;
  require_own(directory, owner);
  const UniqueFd opened = open_trusted_directory(directory, owner);
  const DirectoryEntry top = open_entry(opened.get(), ".");
  if (top.error != 0) throw Error(printable(directory), std::strerror(top.error));
  hold(top, directory, {{owner}, std::nullopt, acl_of_mode(0700)}, mended);
  for (const std::string& name : names) {
    const std::string path = joined(directory, name);
    const DirectoryEntry entry = open_entry(opened.get(), name);
    if (entry.error == ENOENT) continue;
    require_plain_file(entry, path);
    hold(entry, path, {{owner}, std::nullopt, acl_of_mode(0600)}, mended);
  }
  return mended;
}

}  // namespace edgeseal::policy
