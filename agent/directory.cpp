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

void write_all(int file, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write " + name);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

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

void write_new_file(int parent, const std::string& name, std::string_view content) {
  const policy::UniqueFd file(
      ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file || ::fchmod(file.get(), 0644) != 0) fail("create " + name);
  write_all(file.get(), content, name);
  if (::fsync(file.get()) != 0) fail("sync " + name);
}

void sync_directory(int directory) {
  if (::fsync(directory) != 0) fail("sync a directory");
}

void remove_tree(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fail("remove " + name);
  const policy::UniqueFd directory = open_directory(parent, name);
  for (const std::string& entry : entries_of(directory.get())) remove_tree(directory.get(), entry);
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) fail("remove directory " + name);
}

void exchange_names(int parent, const std::string& fresh, const std::string& current) {
  if (::renameat2(parent, fresh.c_str(), parent, current.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != ENOENT || ::renameat2(parent, fresh.c_str(), parent, current.c_str(), RENAME_NOREPLACE) != 0)
    fail("exchange " + current);
}

}  // namespace edgeseal::agent
