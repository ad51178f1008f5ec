#pragma once

#include <map>
#include <optional>
#include <string>

#include "dbus/compat.h"

namespace edgeseal::dbus {

// a{sv}: what has a name on the bus.
using VariantMap = std::map<std::string, sdbus::Variant>;

// None where there is none of this name, or one of another type.
template <class T>
[[nodiscard]] std::optional<T> optional_field(const VariantMap& map, const char* name) {
  const auto found = map.find(name);
  if (found == map.end() || !found->second.containsValueOfType<T>()) return std::nullopt;
  return found->second.get<T>();
}

// The same, where what isn't there is as good as T{}.
template <class T>
[[nodiscard]] T field(const VariantMap& map, const char* name) {
  return optional_field<T>(map, name).value_or(T{});
}

// Unless it is T{}: empty, 0 or false.
template <class T>
void put(VariantMap& map, const char* name, const T& value) {
  if (value != T{}) map.emplace(name, sdbus::Variant(value));
}

}  // namespace edgeseal::dbus
