#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <vector>

#include "dbus/ports.h"
#include "dbus/variant_map.h"

namespace edgeseal::dbus {

using ByteArray = std::vector<uint8_t>;  // ay as sdbus-c++ has it

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

// As put() of other values.
inline void put(VariantMap& map, const char* name, const Bytes& bytes) {
  put(map, name, to_array(bytes));
}

inline void put(VariantMap& map, const char* name, const std::vector<Bytes>& all) {
  put(map, name, to_arrays(all));
}

template <class Info>
[[nodiscard]] std::vector<VariantMap> to_maps(const std::vector<Info>& infos,
                                              VariantMap (*to_map)(const std::type_identity_t<Info>&)) {
  std::vector<VariantMap> maps;
  std::ranges::transform(infos, std::back_inserter(maps), to_map);
  return maps;
}

}  // namespace edgeseal::dbus
