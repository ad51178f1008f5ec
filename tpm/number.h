#pragma once

#include <cstdint>

#include "tpm/bytes.h"

// Numbers as a TPM writes them: big endian.
namespace edgeseal::tpm {

inline constexpr std::uint16_t kNumberSize = 8;  // of a counter and of bits in NV, TPM 2.0 Part 2 §13.2

// Of at most eight bytes.
[[nodiscard]] inline std::uint64_t number_of(ByteView bytes) noexcept {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

inline void put_number(std::span<std::byte> target, std::uint64_t number) noexcept {
  for (auto byte = target.rbegin(); byte != target.rend(); ++byte, number >>= 8) *byte = static_cast<std::byte>(number);
}

}  // namespace edgeseal::tpm
