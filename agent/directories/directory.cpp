#include "agent/directories/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <system_error>
#include <vector>

#include "policy/directory_entry.h"

namespace edgeseal::agent {

namespace {

[[noreturn]] void fail(const std::string& step) {
  throw std::system_error(errno, std::generic_category(), step);
}

void write_all(int file, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write " + name);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Each level holds a descriptor and a piece of the stack; who nests them is somebody else.
void remove_tree(int parent, const std::string& name, unsigned levels) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fail("remove " + name);
  if (levels == 0)
    throw std::system_error(ELOOP, std::generic_category(),
                            fmt::format("remove {}, below {} directories", name, max_removed_levels));
  const policy::UniqueFd directory = open_directory(parent, name);
  for (const std::string& entry : entries_of(directory.get())) remove_tree(directory.get(), entry, levels - 1);
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) fail("remove directory " + name);
}

}  // namespace

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::pair(std::string(), path)
                                    : std::pair(path.substr(0, slash), path.substr(slash + 1));
}

std::vector<std::string> entries_of(int directory) {
  auto names = policy::names_in(directory, std::numeric_limits<std::size_t>::max());
  if (!names) fail("list directory");
  return *std::move(names);
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

// One byte more than it has, to notice that it grows.
std::string read_whole(int file, std::size_t size) {
  std::string content(size + 1, '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(file, content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > size) throw std::system_error(EFBIG, std::generic_category(), "grew while it was read");
  content.resize(filled);
  return content;
}

void sync(int file_or_directory) {
  if (::fsync(file_or_directory) != 0) fail("sync a file or directory");
}

void sync_file_system(int directory) {
  if (::syncfs(directory) != 0) fail("sync the file system");
}

void remove_tree(int parent, const std::string& name) {
  remove_tree(parent, name, max_removed_levels);
}

void exchange_names(const PlaceInDirectory& fresh, const PlaceInDirectory& current) {
  const char *from = fresh.name.c_str(), *to = current.name.c_str();
  if (::renameat2(fresh.parent, from, current.parent, to, RENAME_EXCHANGE) == 0) return;
  if (errno != ENOENT || !rename_entry(fresh, current)) fail("exchange " + current.name);
}

bool rename_entry(const PlaceInDirectory& from, const PlaceInDirectory& to) {
  if (::renameat2(from.parent, from.name.c_str(), to.parent, to.name.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != ENOENT) fail("rename to " + to.name);
  return false;
}

}  // namespace edgeseal::agent
