#include "agent/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

namespace edgeseal::agent {

namespace {

[[noreturn]] void fail(const std::string& step) {
  throw std::system_error(errno, std::generic_category(), step);
}

struct CloseDirectory {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

void write_all(int file, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write " + name);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::vector<std::string> entries_of(int directory) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseDirectory> stream(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!stream) fail("list directory");
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

policy::UniqueFd open_directory(int parent, const std::string& name) {
  policy::UniqueFd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) fail("open directory " + name);
  return directory;
}

policy::UniqueFd make_directory(int parent, const std::string& name, unsigned mode) {
  if (::mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST) fail("make directory " + name);
  policy::UniqueFd directory = open_directory(parent, name);
  if (::fchmod(directory.get(), mode) != 0) fail("set the mode of " + name);
  return directory;
}

policy::UniqueFd write_new_file(int parent, const std::string& name, std::string_view content, unsigned mode) {
  policy::UniqueFd file(::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file || ::fchmod(file.get(), mode) != 0) fail("create " + name);
  write_all(file.get(), content, name);
  return file;
}

void sync(int file_or_directory) {
  if (::fsync(file_or_directory) != 0) fail("sync a file or directory");
}

void sync_file_system(int directory) {
  if (::syncfs(directory) != 0) fail("sync the file system");
}

void remove_tree(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fail("remove " + name);
  const policy::UniqueFd directory = open_directory(parent, name);
  for (const std::string& entry : entries_of(directory.get())) remove_tree(directory.get(), entry);
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) fail("remove directory " + name);
}

void exchange_names(const DirectoryEntry& fresh, const DirectoryEntry& current) {
  const char *from = fresh.name.c_str(), *to = current.name.c_str();
  if (::renameat2(fresh.parent, from, current.parent, to, RENAME_EXCHANGE) == 0) return;
  if (errno != ENOENT || !rename_entry(fresh, current)) fail("exchange " + current.name);
}

bool rename_entry(const DirectoryEntry& from, const DirectoryEntry& to) {
  if (::renameat2(from.parent, from.name.c_str(), to.parent, to.name.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != ENOENT) fail("rename to " + to.name);
  return false;
}

}  // namespace edgeseal::agent
