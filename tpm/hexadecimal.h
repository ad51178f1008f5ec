#pragma once

#include <stdio.h>

#include <array>
#include <cstdint>
#include <string>

namespace edgeseal::tpm {

// As tpm2-tools write handles: "0x01c00002".
[[nodiscard]] inline std::string hexadecimal(std::uint32_t handle) {
  std::array<char, sizeof "0x01234567"> text{};
  (void)snprintf(text.data(), text.size(), "0x%08x", handle);
  return text.data();
}

}  // namespace edgeseal::tpm
