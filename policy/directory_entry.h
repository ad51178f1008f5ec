#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "policy/unique_fd.h"

namespace edgeseal::policy {

// Steps on directories by descriptor: no symbolic link is followed, no mount point crossed.

// The magic link of proc(5): for calls that take no O_PATH descriptor, and to open once more what was looked at, which
// can't be another file than it.
[[nodiscard]] std::string descriptor_path(int descriptor);

struct DirectoryEntry {
  UniqueFd fd;  // O_PATH: opening it had no effect on it; none where `error` is set
  struct stat status {};
  int error = 0;  // EXDEV: something is mounted over it

  [[nodiscard]] bool is_directory() const { return fd && S_ISDIR(status.st_mode); }
  [[nodiscard]] bool is_file() const { return fd && S_ISREG(status.st_mode); }
};

// `path`: relative, within `directory`. ENOENT is an error among others.
[[nodiscard]] DirectoryEntry open_entry(int directory, const std::string& path);
// The same for one name; mount points are crossed.
[[nodiscard]] DirectoryEntry open_component(int directory, const std::string& name);
// `path`: absolute; mount points are crossed.
[[nodiscard]] DirectoryEntry open_absolute(const std::string& path);
// Of an entry that was looked at. None: errno says why.
[[nodiscard]] UniqueFd reopen(int descriptor, int flags);
// Its names but "." and "..", sorted, `limit` of them at most. Nothing where it can't be read; errno says why.
[[nodiscard]] std::optional<std::vector<std::string>> names_in(int directory, std::size_t limit);

}  // namespace edgeseal::policy
