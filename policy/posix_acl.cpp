#include "policy/posix_acl.h"

#include <endian.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "policy/directory_entry.h"

namespace edgeseal::policy {
namespace {

constexpr const char* access_acl = "system.posix_acl_access";
constexpr const char* default_acl = "system.posix_acl_default";
constexpr std::size_t max_acl_size = 65536;  // XATTR_SIZE_MAX

bool is_named(const AclEntry& entry) {
  return entry.tag == AclTag::user || entry.tag == AclTag::named_group;
}

AclEntry* find(Acl& acl, AclTag tag) {
  const auto found = std::find_if(acl.begin(), acl.end(), [tag](const AclEntry& entry) { return entry.tag == tag; });
  return found == acl.end() ? nullptr : &*found;
}

// A mask without named entries only narrows the group.
Acl normalized(Acl acl) {
  std::sort(acl.begin(), acl.end());
  const AclEntry* mask = find(acl, AclTag::mask);
  if (mask == nullptr || std::any_of(acl.begin(), acl.end(), is_named)) return acl;
  const unsigned bound = mask->permissions;
  if (AclEntry* group = find(acl, AclTag::group)) group->permissions &= bound;
  std::erase_if(acl, [](const AclEntry& entry) { return entry.tag == AclTag::mask; });
  return acl;
}

std::optional<Acl> decode(const std::vector<char>& blob) {
  posix_acl_xattr_header header{};
  if (blob.size() < sizeof header || (blob.size() - sizeof header) % sizeof(posix_acl_xattr_entry) != 0)
    return std::nullopt;
  std::memcpy(&header, blob.data(), sizeof header);
  if (le32toh(header.a_version) != POSIX_ACL_XATTR_VERSION) return std::nullopt;
  Acl acl;
  for (std::size_t at = sizeof header; at < blob.size(); at += sizeof(posix_acl_xattr_entry)) {
    posix_acl_xattr_entry raw{};
    std::memcpy(&raw, blob.data() + at, sizeof raw);
    AclEntry entry{AclTag{le16toh(raw.e_tag)}, 0, le16toh(raw.e_perm)};
    if (is_named(entry)) entry.id = le32toh(raw.e_id);
    acl.push_back(entry);
  }
  return normalized(std::move(acl));
}

std::vector<char> encode(const Acl& acl) {
  std::vector<char> blob(sizeof(posix_acl_xattr_header) + acl.size() * sizeof(posix_acl_xattr_entry));
  const posix_acl_xattr_header header{htole32(POSIX_ACL_XATTR_VERSION)};
  std::memcpy(blob.data(), &header, sizeof header);
  char* at = blob.data() + sizeof header;
  for (const AclEntry& entry : acl) {
    const posix_acl_xattr_entry raw{htole16(static_cast<std::uint16_t>(entry.tag)),
                                    htole16(static_cast<std::uint16_t>(entry.permissions)),
                                    htole32(is_named(entry) ? entry.id : ~0U)};
    std::memcpy(at, &raw, sizeof raw);
    at += sizeof raw;
  }
  return blob;
}

// Empty: there is none.
std::optional<Acl> read(int descriptor, const char* which) {
  std::vector<char> blob(max_acl_size);
  const ssize_t size = ::getxattr(descriptor_path(descriptor).c_str(), which, blob.data(), blob.size());
  if (size < 0) return errno == ENODATA || errno == ENOTSUP ? std::optional(Acl()) : std::nullopt;
  blob.resize(static_cast<std::size_t>(size));
  const auto acl = decode(blob);
  if (!acl) errno = EUCLEAN;
  return acl;
}

std::string letters(unsigned permissions) {
  std::string text = "rwx";
  for (std::size_t bit = 0; bit < 3; ++bit)
    if ((permissions >> (2 - bit) & 1) == 0) text[bit] = '-';
  return text;
}

std::string prefix_of(const AclEntry& entry) {
  switch (entry.tag) {
    case AclTag::owner: return "u::";
    case AclTag::user: return "u:" + std::to_string(entry.id) + ":";
    case AclTag::group: return "g::";
    case AclTag::named_group: return "g:" + std::to_string(entry.id) + ":";
    case AclTag::mask: return "m::";
    case AclTag::others: break;
  }
  return "o::";
}

}  // namespace

Acl acl_of_mode(mode_t mode) {
  return {{AclTag::owner, 0, mode >> 6 & 7}, {AclTag::group, 0, mode >> 3 & 7}, {AclTag::others, 0, mode & 7}};
}

Acl acl_for_readers(const std::vector<uid_t>& users, const std::vector<gid_t>& groups) {
  Acl acl{{AclTag::owner, 0, 7}, {AclTag::group, 0, 5}, {AclTag::mask, 0, 5}, {AclTag::others, 0, 0}};
  for (const uid_t user : users) acl.push_back({AclTag::user, user, 5});
  for (const gid_t group : groups) acl.push_back({AclTag::named_group, group, 5});
  std::sort(acl.begin(), acl.end());
  acl.erase(std::unique(acl.begin(), acl.end()), acl.end());
  return normalized(std::move(acl));
}

bool is_mode(const Acl& acl) {
  return std::none_of(acl.begin(), acl.end(), is_named);
}

mode_t mode_of(const Acl& acl) {
  mode_t mode = 0;
  const bool masked = !is_mode(acl);
  for (const AclEntry& entry : acl) {
    if (entry.tag == AclTag::owner) mode |= entry.permissions << 6;
    if (entry.tag == (masked ? AclTag::mask : AclTag::group)) mode |= entry.permissions << 3;
    if (entry.tag == AclTag::others) mode |= entry.permissions;
  }
  return mode;
}

std::string text_of(const Acl& acl) {
  std::string text;
  for (const AclEntry& entry : acl) text += (text.empty() ? "" : ",") + prefix_of(entry) + letters(entry.permissions);
  return text;
}

std::optional<Acl> read_acl(int descriptor, mode_t mode) {
  auto acl = read(descriptor, access_acl);
  return acl && acl->empty() ? acl_of_mode(mode) : acl;
}

std::optional<Acl> read_default_acl(int descriptor) {
  return read(descriptor, default_acl);
}

bool write_acl(int descriptor, const Acl& acl) {
  const std::string path = descriptor_path(descriptor);
  if (is_mode(acl)) {
    if (::removexattr(path.c_str(), access_acl) != 0 && errno != ENODATA && errno != ENOTSUP) return false;
    return ::chmod(path.c_str(), mode_of(acl)) == 0;
  }
  const std::vector<char> blob = encode(acl);
  if (::setxattr(path.c_str(), access_acl, blob.data(), blob.size(), 0) != 0) return false;
  return ::chmod(path.c_str(), mode_of(acl)) == 0;  // and no set-id bit
}

bool remove_default_acl(int descriptor) {
  return ::removexattr(descriptor_path(descriptor).c_str(), default_acl) == 0 || errno == ENODATA || errno == ENOTSUP;
}

}  // namespace edgeseal::policy
