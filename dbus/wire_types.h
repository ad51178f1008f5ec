#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

using ByteArray = std::vector<uint8_t>;                    // ay as sdbus-c++ has it
using VariantMap = std::map<std::string, sdbus::Variant>;  // a{sv}

[[nodiscard]] inline Bytes to_bytes(const ByteArray& array) {
  Bytes bytes(array.size());
  std::ranges::transform(array, bytes.begin(), [](uint8_t octet) { return std::byte{octet}; });
  return bytes;
}

[[nodiscard]] inline ByteArray to_array(const Bytes& bytes) {
  ByteArray array(bytes.size());
  std::ranges::transform(bytes, array.begin(), [](std::byte octet) { return std::to_integer<uint8_t>(octet); });
  return array;
}

[[nodiscard]] inline std::vector<ByteArray> to_arrays(const std::vector<Bytes>& all) {
  std::vector<ByteArray> arrays;
  std::ranges::transform(all, std::back_inserter(arrays), [](const Bytes& bytes) { return to_array(bytes); });
  return arrays;
}

[[nodiscard]] inline std::vector<Bytes> to_byte_strings(const std::vector<ByteArray>& arrays) {
  std::vector<Bytes> all;
  std::ranges::transform(arrays, std::back_inserter(all), [](const ByteArray& array) { return to_bytes(array); });
  return all;
}

}  // namespace edgeseal::dbus
