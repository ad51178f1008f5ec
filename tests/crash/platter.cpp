#include "tests/crash/platter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <system_error>

namespace edgeseal::crash {
namespace {

namespace fs = std::filesystem;

constexpr const char* acl_attribute = "system.posix_acl_access";

std::string acl_of(const fs::path& path) {
  std::array<char, 4096> value{};
  const ssize_t size = ::lgetxattr(path.c_str(), acl_attribute, value.data(), value.size());
  return {value.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path path_of(int descriptor) {
  return fs::read_symlink(fmt::format("/proc/self/fd/{}", descriptor));
}

}  // namespace

Platter::Platter(fs::path root) : root_(std::move(root)) {
  sync_all();
}

Platter::Entry Platter::entry_of(const fs::path& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status) != 0)
    throw std::system_error(errno, std::generic_category(), path);
  return {{status.stx_ino, {status.stx_btime.tv_sec, status.stx_btime.tv_nsec}},
          status.stx_mode,
          status.stx_uid,
          status.stx_gid,
          acl_of(path)};
}

Platter::Entries Platter::entries_of(const fs::path& directory) {
  Entries entries;
  for (const auto& each : fs::directory_iterator(directory)) entries[each.path().filename()] = entry_of(each);
  return entries;
}

void Platter::take(const fs::path& path) {
  const Entry entry = entry_of(path);
  if (S_ISDIR(entry.mode))
    directories_[entry.identity] = entries_of(path);
  else if (S_ISREG(entry.mode))
    contents_[entry.identity] = content_of(path);
}

void Platter::take_below(const fs::path& path) {
  take(path);
  if (!fs::is_directory(fs::symlink_status(path))) return;
  for (const auto& each : fs::directory_iterator(path)) take_below(each);
}

void Platter::sync(int descriptor) {
  const fs::path path = path_of(descriptor);
  if (fs::exists(path)) take(path);  // else nothing has a name for it
}

void Platter::sync_all() {
  take_below(root_);
}

void Platter::restore(const fs::path& target, Names names) const {
  if (names == Names::all)
    make_as(target, root_);
  else
    make(target, entry_of(root_));
}

void Platter::dress(const fs::path& target, const Entry& entry) {
  if (::lchown(target.c_str(), entry.owner, entry.group) != 0 ||
      (!S_ISLNK(entry.mode) && ::chmod(target.c_str(), entry.mode & 07777) != 0) ||
      (!entry.acl.empty() && ::lsetxattr(target.c_str(), acl_attribute, entry.acl.data(), entry.acl.size(), 0) != 0))
    throw std::system_error(errno, std::generic_category(), target);
}

void Platter::write(const fs::path& target, const Entry& entry) const {
  const auto found = contents_.find(entry.identity);
  std::ofstream(target, std::ios::binary) << (found == contents_.end() ? std::string() : found->second);
}

void Platter::make(const fs::path& target, const Entry& entry) const {
  if (!S_ISDIR(entry.mode)) {
    write(target, entry);
  } else {
    fs::create_directory(target);
    if (const auto found = directories_.find(entry.identity); found != directories_.end())
      for (const auto& [name, below] : found->second) make(target / name, below);
  }
  dress(target, entry);
}

void Platter::make_as(const fs::path& target, const fs::path& source) const {
  const Entry entry = entry_of(source);
  if (!S_ISDIR(entry.mode)) {
    write(target, entry);
  } else {
    fs::create_directory(target);
    for (const auto& each : fs::directory_iterator(source)) make_as(target / each.path().filename(), each);
  }
  dress(target, entry);
}

}  // namespace edgeseal::crash
