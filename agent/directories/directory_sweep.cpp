#include "agent/directories/directory_sweep.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "agent/openssl.h"
#include "policy/directory_entry.h"
#include "policy/file_facts.h"
#include "policy/path_explanation.h"

namespace edgeseal::agent {

namespace {

using policy::DirectoryEntry;
using policy::Fault;
using policy::Finding;

std::pair<std::string, std::string> split(const std::string& path) {
  const auto slash = path.rfind('/');
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::uint64_t mount_of(const DirectoryEntry& entry) {
  struct statx status {};
  const bool known =
      ::statx(entry.fd.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &status) == 0 && (status.stx_mask & STATX_MNT_ID) != 0;
  return known ? status.stx_mnt_id : 0;
}

Finding not_reached(const GuardedDirectory& directory, const DirectoryEntry& entry) {
  const std::string& path = directory.path;
  const std::string shown = policy::printable(path), word = policy::shell_word(path);
  // Whoever made it at start makes it again.
  const bool made_at_start = directory.first && directory.means == GuardedDirectory::Means::clear;
  if (entry.error == ENOENT)
    return {Fault::missing, shown, "does not exist", "a directory",
            made_at_start ? "systemctl restart edgeseald" : "mkdir " + word};
  if (entry.error == EXDEV)
    return {Fault::mount, shown, "another file system is mounted over it", "no mount point", "umount " + word};
  if (entry.error != 0)
    return {Fault::unreadable, shown, std::strerror(entry.error), "a directory", "namei -l " + word};
  return {Fault::kind, shown, std::string("a ") + policy::kind_of(entry.status.st_mode), "a directory", "rm " + word};
}

// Within a guarded directory nothing may be mounted; where the first of them is, is for the administrator to choose.
DirectoryEntry open_guarded(const GuardedDirectory& directory) {
  if (directory.first) return policy::open_absolute(directory.path);
  const auto [parent, name] = split(directory.path);
  DirectoryEntry above = policy::open_absolute(parent);
  return above.fd ? policy::open_entry(above.fd.get(), name) : std::move(above);
}

bool is_own(const struct stat& directory) {
  return S_ISDIR(directory.st_mode) && directory.st_uid == ::geteuid() && (directory.st_mode & S_ISVTX) == 0;
}

// What others may write, and is the agent's own. Where nobody knows its mode, nothing but the right to write is taken.
bool mend_above(const Finding& finding, const Modes& modes) {
  if (finding.fault != Fault::access) return false;
  const DirectoryEntry entry = policy::open_absolute(finding.path);
  if (!entry.fd || !is_own(entry.status)) return false;
  const auto known = modes.find(finding.path);
  const mode_t mode = known != modes.end() ? known->second : entry.status.st_mode & 0755U;
  return ::chmod(policy::descriptor_path(entry.fd.get()).c_str(), mode) == 0;
}

// All but the directory itself, which has rules of its own.
void judge_above(const GuardedDirectory& directory, const Modes& modes, Repair repair, Sweep& result) {
  std::vector<uid_t> owners = directory.owners_above;
  owners.insert(owners.begin(), ::geteuid());
  for (const policy::PathComponent& component : policy::explain_path(directory.path, owners).components) {
    if (component.path == policy::printable(directory.path)) break;
    if (component.findings.empty() && is_own(component.status))
      result.own_above[component.path] = component.status.st_mode & 07777U;
    for (const Finding& finding : component.findings) {
      const bool mended = repair == Repair::in_place && mend_above(finding, modes);
      (mended ? result.above.mended : result.above.findings).push_back(finding);
    }
  }
}

bool is_same(const DirectoryEntry& one, const DirectoryEntry& other) {
  return other.fd && one.status.st_dev == other.status.st_dev && one.status.st_ino == other.status.st_ino;
}

}  // namespace

std::optional<policy::Digest> digest_of_file(int descriptor) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  require_openssl(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1, "SHA-256");
  std::array<unsigned char, 65536> chunk{};
  for (;;) {
    const ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    require_openssl(EVP_DigestUpdate(context.get(), chunk.data(), static_cast<std::size_t>(got)) == 1, "SHA-256");
  }
  policy::Digest digest{};
  require_openssl(EVP_DigestFinal_ex(context.get(), out_octets(digest), nullptr) == 1, "SHA-256");
  return digest;
}

Sweep sweep(const GuardedDirectory& directory, const Before& before, Repair repair) {
  Sweep result;
  if (directory.first) judge_above(directory, before.own_above, repair, result);
  const DirectoryEntry entry = open_guarded(directory);
  if (!entry.is_directory()) {
    result.judgement.findings.push_back(not_reached(directory, entry));
    return result;
  }
  result.mount = mount_of(entry);
  if (before.mount && *before.mount != result.mount) {
    DirectoryEntry covered;
    covered.error = EXDEV;
    result.judgement.findings.push_back(not_reached(directory, covered));
    return result;
  }
  result.reached = true;
  result.itself = {entry.status.st_dev, entry.status.st_ino};
  const policy::Mend mend = repair == Repair::in_place ? policy::Mend(policy::mend_entry) : policy::Mend();
  result.judgement =
      policy::judge_directory(entry.fd.get(), directory.path, *directory.rules, digest_of_file, mend, {});
  result.conclusive = is_same(entry, open_guarded(directory));
  return result;
}

}  // namespace edgeseal::agent
