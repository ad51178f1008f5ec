#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "dbus/compat.h"

namespace edgeseal::test {

// A descriptor with this content; its offset is at the end, as after writing it.
[[nodiscard]] inline sdbus::UnixFd memory_file(const std::string& content) {
  sdbus::UnixFd file(memfd_create("edgeseal-test", MFD_CLOEXEC), sdbus::adopt_fd);
  if (write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    throw std::runtime_error("memfd_create");
  }
  return file;
}

}  // namespace edgeseal::test
