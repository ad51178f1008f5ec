#include "dbus/bounds.h"

#include "dbus/ports.h"

namespace edgeseal::dbus {

void check_size(const std::string& argument, std::size_t size, Bounds bounds) {
  if (size >= bounds.least && size <= bounds.most) return;
  throw CallError("InvalidArgument", argument + " has the length " + std::to_string(size) + ", allowed are " +
                                         std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
}

}  // namespace edgeseal::dbus
