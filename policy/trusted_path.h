#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/unique_fd.h"

namespace edgeseal::policy {

// Opens the regular file or directory `path` (absolute, without "." and "..") for reading, one component after the
// other, by descriptors only, no symbolic link followed. Each component must be owned by root or `owner` and be
// writable by no one else: neither by its mode nor by a POSIX ACL. On the way a root-owned sticky directory (/tmp)
// passes, because nobody else can exchange what is in it; as the directory asked for it does not, because anybody can
// add to it. What is judged is the opened descriptor, so that nothing changes between check and use. The model is
// sshd's StrictModes. Throws Error naming the component at fault, what was found and the command that mends it.
[[nodiscard]] UniqueFd open_trusted_file(std::string_view path, uid_t owner);
[[nodiscard]] UniqueFd open_trusted_directory(std::string_view path, uid_t owner);

// The whole content of a trusted file, at most `limit` bytes (a longer file is an Error).
[[nodiscard]] std::string read_trusted_file(std::string_view path, uid_t owner, std::size_t limit);

}  // namespace edgeseal::policy
