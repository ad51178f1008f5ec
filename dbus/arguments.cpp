#include "dbus/arguments.h"

namespace edgeseal::dbus {
namespace {

[[noreturn]] void refuse(const std::string& problem) {
  throw CallError("InvalidArgument", problem);
}

std::string quoted(const std::string& key) {
  return "option \"" + key + "\"";
}

}  // namespace

void check_size(const std::string& argument, size_t size, Bounds bounds) {
  if (size >= bounds.least && size <= bounds.most) return;
  refuse(argument + " has the length " + std::to_string(size) + ", allowed are " + std::to_string(bounds.least) +
         " to " + std::to_string(bounds.most));
}

template <class T>
T Options::take(const std::string& key) {
  auto option = given_.extract(key);
  if (option.empty()) return T{};
  if (!option.mapped().template containsValueOfType<T>()) {
    refuse(quoted(key) + " has the D-Bus type " + std::string(option.mapped().peekValueType()) +
           ", which it can't have");
  }
  return option.mapped().template get<T>();
}

std::string Options::text(const std::string& key, size_t most_bytes) {
  auto value = take<std::string>(key);
  check_size(quoted(key), value.size(), {0, most_bytes});
  return value;
}

bool Options::flag(const std::string& key) {
  return take<bool>(key);
}

Bytes Options::bytes(const std::string& key, Bounds size) {
  if (!given_.contains(key)) return {};
  const auto value = take<ByteArray>(key);
  check_size(quoted(key), value.size(), size);
  return to_bytes(value);
}

std::vector<std::string> Options::texts(const std::string& key, size_t most, size_t most_bytes_each) {
  auto values = take<std::vector<std::string>>(key);
  check_size(quoted(key), values.size(), {0, most});
  for (const auto& value : values) check_size("an entry of " + quoted(key), value.size(), {1, most_bytes_each});
  return values;
}

void Options::finish() const {
  if (given_.empty()) return;
  refuse(quoted(given_.begin()->first.substr(0, 64)) + " isn't known to this method");
}

}  // namespace edgeseal::dbus
