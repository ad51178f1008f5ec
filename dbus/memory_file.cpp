#include "dbus/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "dbus/ports.h"

namespace edgeseal::dbus {
namespace {

[[noreturn]] void refuse(const std::string& argument, const std::string& problem) {
  throw CallError("InvalidArgument", argument + " " + problem);
}

// The kernel keeps seals for files of tmpfs and hugetlbfs alone; only what they made answers.
bool lies_in_memory(int descriptor) {
  return fcntl(descriptor, F_GET_SEALS) >= 0;
}

std::size_t size_of(const std::string& argument, int descriptor) {
  struct stat status {};
  if (!lies_in_memory(descriptor) || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    refuse(argument, "is no file that lies in memory: write it into one of memfd_create(2)");
  }
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

Secret read_memory_file(const std::string& argument, int descriptor, Bounds size) {
  const std::size_t wanted = size_of(argument, descriptor);
  check_size(argument, wanted, size);
  Secret content(wanted);
  for (std::size_t done = 0; done < wanted;) {
    const auto left = content.span().subspan(done);
    const ssize_t part = pread(descriptor, left.data(), left.size(), static_cast<off_t>(done));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) refuse(argument, std::string("can't be read: ") + std::strerror(errno));
    if (part == 0) refuse(argument, "became shorter while it was read");
    done += static_cast<std::size_t>(part);
  }
  return content;
}

int make_memory_file(const Secret& content) {
  const int descriptor = memfd_create("secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const auto size = static_cast<ssize_t>(content.size());
  if (descriptor >= 0 && write(descriptor, content.view().data(), content.size()) == size &&
      fcntl(descriptor, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL) == 0) {
    return descriptor;
  }
  const std::string problem = std::strerror(errno);
  if (descriptor >= 0) close(descriptor);
  throw CallError("ResourceUnavailable", "no file in memory can be made: " + problem);
}

}  // namespace edgeseal::dbus
