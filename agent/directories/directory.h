#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/unique_fd.h"

namespace edgeseal::agent {

// The directory that `path` is in, "" where it is one name alone, and its own name.
[[nodiscard]] std::pair<std::string, std::string> split_path(const std::string& path);

// Steps on directories by descriptor, no symbolic link followed. All throw std::system_error naming the step.

[[nodiscard]] policy::UniqueFd open_directory(int parent, const std::string& name);
// Makes it where it is missing; its mode is `mode` after, whatever the umask.
[[nodiscard]] policy::UniqueFd make_directory(int parent, const std::string& name, unsigned mode);
// Without "." and "..", sorted.
[[nodiscard]] std::vector<std::string> entries_of(int directory);
// A new file with this mode, whatever the umask. Not synced.
[[nodiscard]] policy::UniqueFd write_new_file(int parent, const std::string& name, std::string_view content,
                                              unsigned mode);
// A file that has so many bytes; EFBIG where it has grown since.
[[nodiscard]] std::string read_whole(int file, std::size_t size);
void sync(int file_or_directory);
// All files and directories of the file system, and what other programs have written to it meanwhile.
void sync_file_system(int directory);
// With all that is in it; nothing is done where it is missing. ELOOP for directories that are nested deeper.
inline constexpr unsigned max_removed_levels = 64;
void remove_tree(int parent, const std::string& name);
// `fresh` takes the place of `current`, and what was there, if anything, is then where `fresh` was. One atomic step.
struct PlaceInDirectory {
  int parent;
  const std::string& name;
};
void exchange_names(const PlaceInDirectory& fresh, const PlaceInDirectory& current);
// False where there is no `from`; throws where there is a `to`.
[[nodiscard]] bool rename_entry(const PlaceInDirectory& from, const PlaceInDirectory& to);

}  // namespace edgeseal::agent
