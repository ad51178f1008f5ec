#pragma once

#include <cstdint>

// Words that are all ones or all zeros, instead of branches on secrets. Values are less than 2^31.
namespace edgeseal::agent::constant_time {

using Mask = std::uint32_t;

// So that the compiler does not find out that it is one of two, and branch.
[[nodiscard]] inline Mask hidden(Mask mask) {
  asm("" : "+r"(mask));
  return mask;
}

[[nodiscard]] inline Mask is_less(std::uint32_t a, std::uint32_t b) {
  return hidden(0U - ((a - b) >> 31));
}
[[nodiscard]] inline Mask is_zero(std::uint32_t value) {
  return is_less(value, 1);
}
[[nodiscard]] inline Mask is_equal(std::uint32_t a, std::uint32_t b) {
  return is_zero(a ^ b);
}
[[nodiscard]] inline std::uint32_t select(Mask mask, std::uint32_t where_set, std::uint32_t elsewhere) {
  return (mask & where_set) | (~mask & elsewhere);
}

}  // namespace edgeseal::agent::constant_time
