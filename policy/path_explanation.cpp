#include "policy/path_explanation.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "policy/accounts.h"
#include "policy/file_facts.h"
#include "policy/path_components.h"
#include "policy/posix_acl.h"

namespace edgeseal::policy {
namespace {

std::string target_of(const DirectoryEntry& link) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(link.fd.get(), "", target.data(), target.size());
  return size < 0 ? "?" : printable(std::string(target.data(), static_cast<std::size_t>(size)));
}

std::string facts_of(const DirectoryEntry& entry) {
  std::string facts = symbolic(entry.status.st_mode) + " " + describe_user(entry.status.st_uid) + ":" +
                      describe_group(entry.status.st_gid);
  if (S_ISLNK(entry.status.st_mode)) return facts + " -> " + target_of(entry);
  const auto acl = read_acl(entry.fd.get(), entry.status.st_mode);
  return acl && !is_mode(*acl) ? facts + " " + text_of(*acl) : facts;
}

std::string remedy_for(int error, const std::string& path) {
  if (error == ENOENT) return "mkdir " + shell_word(path);
  return "namei -l " + shell_word(path);
}

void judge(const DirectoryEntry& entry, PathComponent& component, const std::string& path,
           const std::vector<uid_t>& owners, Role role) {
  if (S_ISLNK(entry.status.st_mode)) {
    component.findings.push_back({Fault::kind, component.path, "a symbolic link to " + target_of(entry),
                                  "no symbolic link", "readlink -f " + shell_word(path)});
    return;
  }
  if (role == Role::on_the_way && !entry.is_directory()) {
    component.findings.push_back({Fault::kind, component.path, std::string("a ") + kind_of(entry.status.st_mode),
                                  "a directory", "ls -ld " + shell_word(path)});
    return;
  }
  const bool among_owners = std::find(owners.begin(), owners.end(), entry.status.st_uid) != owners.end();
  if (auto fault = judge_owner(entry.status, path, owners.empty() ? 0 : owners.front()); fault && !among_owners) {
    fault->wanted = "belongs to " + fault->wanted;
    component.findings.push_back(*std::move(fault));
  }
  if (auto fault = judge_writers(entry.status, path, role)) component.findings.push_back(*std::move(fault));
  for (Finding& finding : component.findings) finding.path = component.path;
}

}  // namespace

std::vector<Finding> PathExplanation::findings() const {
  std::vector<Finding> all;
  for (const PathComponent& component : components)
    all.insert(all.end(), component.findings.begin(), component.findings.end());
  return all;
}

PathExplanation explain_path(const std::string& path, const std::vector<uid_t>& owners) {
  PathExplanation explanation;
  const std::vector<std::string> names = components_of(path);
  DirectoryEntry entry = open_absolute("/");
  std::string reached = "/";
  for (std::size_t depth = 0;; ++depth) {
    const bool last = depth == names.size();
    PathComponent& component = explanation.components.emplace_back();
    component.path = printable(reached);
    if (entry.error != 0) {
      component.findings.push_back({entry.error == ENOENT ? Fault::missing : Fault::unreadable, component.path,
                                    std::strerror(entry.error), "exists, and can be reached",
                                    remedy_for(entry.error, reached)});
      return explanation;
    }
    component.status = entry.status;
    component.facts = facts_of(entry);
    judge(entry, component, reached, owners, last ? Role::goal : Role::on_the_way);
    if (last) break;
    if (!entry.is_directory()) return explanation;
    reached = joined(reached, names[depth]);
    entry = open_component(entry.fd.get(), names[depth]);
  }
  explanation.last = std::move(entry);
  return explanation;
}

}  // namespace edgeseal::policy
