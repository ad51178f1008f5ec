#pragma once

#include <cstddef>
#include <string>

namespace edgeseal::dbus {

// The limits of docs/dbus.md; both ends are allowed.
struct Bounds {
  std::size_t least = 0;
  std::size_t most = 0;
};

// Throws CallError "InvalidArgument" that names the argument.
void check_size(const std::string& argument, std::size_t size, Bounds bounds);

}  // namespace edgeseal::dbus
