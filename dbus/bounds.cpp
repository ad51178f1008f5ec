#include "dbus/bounds.h"

#include "dbus/printable_text.h"

namespace edgeseal::dbus {

void check_size(const std::string& argument, std::size_t size, Bounds bounds) {
  if (size >= bounds.least && size <= bounds.most) return;
  throw CallError("InvalidArgument", argument + " has the length " + std::to_string(size) + ", allowed are " +
                                         std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
}

void check_printable(const std::string& argument, const std::string& text, Bounds size) {
  check_size(argument, text.size(), size);
  if (!is_printable(text)) {
    throw CallError("InvalidArgument",
                    argument + " has characters that can't be shown, such as line ends; leave them out");
  }
}

std::vector<Bytes> bounded(const std::string& argument, const std::vector<ByteArray>& arrays, Bounds count,
                           Bounds size) {
  check_size(argument, arrays.size(), count);
  for (const auto& array : arrays) check_size("an entry of " + argument, array.size(), size);
  return to_byte_strings(arrays);
}

}  // namespace edgeseal::dbus
