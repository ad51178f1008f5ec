#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "policy/finding.h"

namespace edgeseal::policy {

[[nodiscard]] std::string octal(mode_t mode);     // "0755"
[[nodiscard]] std::string symbolic(mode_t mode);  // "drwxr-xr-x", as ls(1) writes it
[[nodiscard]] const char* kind_of(mode_t mode);   // "regular file"
// A name as it may go to a terminal, a journal, a bus: what is no UTF-8 or a control character is "\xNN".
[[nodiscard]] std::string printable(const std::string& name);
[[nodiscard]] std::string shell_word(const std::string& path);  // in a command that a person may copy into a shell
[[nodiscard]] std::string joined(const std::string& directory, const std::string& name);

// sshd's StrictModes: who else than root and `owner` could change what is there. A root-owned sticky directory (/tmp)
// passes on the way, because nobody can exchange what belongs to others in it.
enum class Role { on_the_way, goal };
[[nodiscard]] std::optional<Finding> judge_owner(const struct stat& found, const std::string& path, uid_t owner);
[[nodiscard]] std::optional<Finding> judge_writers(const struct stat& found, const std::string& path, Role role);

}  // namespace edgeseal::policy
