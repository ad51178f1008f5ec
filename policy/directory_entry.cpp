#include "policy/directory_entry.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace edgeseal::policy {
namespace {

struct CloseDirectory {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

DirectoryEntry open_resolved(int directory, const std::string& path, std::uint64_t resolve) {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = resolve;
  DirectoryEntry entry;
  entry.fd.reset(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
  if (!entry.fd || ::fstat(entry.fd.get(), &entry.status) != 0) {
    entry.error = errno;
    entry.fd.reset();
  }
  return entry;
}

}  // namespace

std::string descriptor_path(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

DirectoryEntry open_entry(int directory, const std::string& path) {
  return open_resolved(directory, path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_BENEATH);
}

DirectoryEntry open_component(int directory, const std::string& name) {
  return open_resolved(directory, name, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
}

DirectoryEntry open_absolute(const std::string& path) {
  return open_resolved(AT_FDCWD, path, RESOLVE_NO_SYMLINKS);
}

UniqueFd reopen(int descriptor, int flags) {
  return UniqueFd(::open(descriptor_path(descriptor).c_str(), flags | O_CLOEXEC));
}

std::optional<std::vector<std::string>> names_in(int directory, std::size_t limit) {
  UniqueFd readable = reopen(directory, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, CloseDirectory> stream(readable ? ::fdopendir(readable.get()) : nullptr);
  if (!stream) return std::nullopt;
  (void)readable.release();
  std::vector<std::string> names;
  while (names.size() < limit) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return std::nullopt;
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace edgeseal::policy
