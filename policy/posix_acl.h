#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace edgeseal::policy {

enum class AclTag : std::uint16_t { owner = 1, user = 2, group = 4, named_group = 8, mask = 16, others = 32 };

struct AclEntry {
  AclTag tag = AclTag::owner;
  id_t id = 0;               // of `user` and `named_group`, else 0
  unsigned permissions = 0;  // r 4, w 2, x 1

  auto operator<=>(const AclEntry&) const = default;
};

// A POSIX ACL (acl(5)), sorted, with a mask only where it has entries for named users or groups; without those it says
// what a mode says.
using Acl = std::vector<AclEntry>;

[[nodiscard]] Acl acl_of_mode(mode_t mode);
// All for the owner, read and search for these, nothing for the rest.
[[nodiscard]] Acl acl_for_readers(const std::vector<uid_t>& users, const std::vector<gid_t>& groups);
[[nodiscard]] bool is_mode(const Acl& acl);         // mode_of() says it all
[[nodiscard]] mode_t mode_of(const Acl& acl);       // as stat(2) shows it
[[nodiscard]] std::string text_of(const Acl& acl);  // "u::rwx,u:33:r-x,g::r-x,m::r-x,o::---", for setfacl(1) too

// Of what a descriptor stands for, be it opened with O_PATH or not. `mode`: that of its fstat(2). Nothing where it
// can't be read; errno says why.
[[nodiscard]] std::optional<Acl> read_acl(int descriptor, mode_t mode);
// What a directory gives to new files in it; empty: nothing.
[[nodiscard]] std::optional<Acl> read_default_acl(int descriptor);
// False with errno.
[[nodiscard]] bool write_acl(int descriptor, const Acl& acl);
[[nodiscard]] bool remove_default_acl(int descriptor);

}  // namespace edgeseal::policy
