#include "policy/entry_rule.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "policy/accounts.h"
#include "policy/file_facts.h"

namespace edgeseal::policy {
namespace {

constexpr mode_t special_bits = S_ISUID | S_ISGID | S_ISVTX;

std::string accounts(const std::vector<uid_t>& owners) {
  std::string text;
  for (const uid_t owner : owners) text += (text.empty() ? "" : " or ") + describe_user(owner);
  return text;
}

bool is_one_of(const std::vector<uid_t>& owners, uid_t owner) {
  return std::find(owners.begin(), owners.end(), owner) != owners.end();
}

// In the words of the shorter form where both fit it.
Finding access_finding(const std::string& path, const Acl& found, mode_t mode, const Acl& wanted) {
  const std::string word = shell_word(path);
  if (is_mode(found) && is_mode(wanted))
    return {Fault::access, printable(path), "mode " + octal(mode), "mode " + octal(mode_of(wanted)),
            "chmod " + octal(mode_of(wanted)) + " " + word};
  return {Fault::access, printable(path), "mode " + octal(mode) + ", ACL " + text_of(found), "ACL " + text_of(wanted),
          "setfacl --set " + text_of(wanted) + " " + word};
}

void judge_access(const DirectoryEntry& entry, const std::string& path, const Acl& wanted,
                  std::vector<Finding>& findings) {
  const auto found = read_acl(entry.fd.get(), entry.status.st_mode);
  if (!found) {
    findings.push_back({Fault::unreadable, printable(path), std::string("ACL: ") + std::strerror(errno),
                        "ACL " + text_of(wanted), "getfacl " + shell_word(path)});
  } else if (*found != wanted || (entry.status.st_mode & special_bits) != 0) {
    findings.push_back(access_finding(path, *found, entry.status.st_mode, wanted));
  }
  if (!entry.is_directory()) return;
  const auto given = read_default_acl(entry.fd.get());
  if (given && given->empty()) return;
  findings.push_back({Fault::access, printable(path),
                      given ? "default ACL " + text_of(*given) : std::string("default ACL: ") + std::strerror(errno),
                      "no default ACL", "setfacl -k " + shell_word(path)});
}

}  // namespace

std::vector<Finding> findings_of(const DirectoryEntry& entry, const std::string& path, const EntryRule& rule) {
  std::vector<Finding> findings;
  const struct stat& status = entry.status;
  if (!is_one_of(rule.owners, status.st_uid))
    findings.push_back({Fault::owner, printable(path), "belongs to " + describe_user(status.st_uid),
                        "belongs to " + accounts(rule.owners),
                        "chown " + std::to_string(rule.owners.front()) + " " + shell_word(path)});
  if (rule.group && status.st_gid != *rule.group)
    findings.push_back({Fault::group, printable(path), "group " + std::to_string(status.st_gid),
                        "group " + std::to_string(*rule.group),
                        "chgrp " + std::to_string(*rule.group) + " " + shell_word(path)});
  if (rule.access) {
    judge_access(entry, path, *rule.access, findings);
  } else if (auto fault = judge_writers(status, path, Role::goal)) {
    findings.push_back(*std::move(fault));
  }
  return findings;
}

bool mend_entry(int descriptor, const EntryRule& rule) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return false;
  const uid_t owner = is_one_of(rule.owners, status.st_uid) ? status.st_uid : rule.owners.front();
  const gid_t group = rule.group.value_or(status.st_gid);
  if ((owner != status.st_uid || group != status.st_gid) &&
      ::fchownat(descriptor, "", owner, group, AT_EMPTY_PATH) != 0)
    return false;
  if (!rule.access) return ::chmod(descriptor_path(descriptor).c_str(), status.st_mode & 0755U) == 0;
  return write_acl(descriptor, *rule.access) && (!S_ISDIR(status.st_mode) || remove_default_acl(descriptor));
}

}  // namespace edgeseal::policy
