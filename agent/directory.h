#pragma once

#include <string>
#include <string_view>

#include "policy/unique_fd.h"

namespace edgeseal::agent {

// Steps on directories by descriptor, no symbolic link followed. All throw std::system_error naming the step.

[[nodiscard]] policy::UniqueFd open_directory(int parent, const std::string& name);
// Makes it where it is missing; its mode is `mode` after, whatever the umask.
[[nodiscard]] policy::UniqueFd make_directory(int parent, const std::string& name, unsigned mode);
// A new file with mode 0644, synced.
void write_new_file(int parent, const std::string& name, std::string_view content);
void sync_directory(int directory);
// With all that is in it; nothing is done where it is missing.
void remove_tree(int parent, const std::string& name);
// `fresh` takes the name `current`, and what had that name, if anything, is then called `fresh`. One atomic step.
void exchange_names(int parent, const std::string& fresh, const std::string& current);

}  // namespace edgeseal::agent
