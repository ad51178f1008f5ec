#pragma once

#include <string>
#include <string_view>

#include "tpm/bytes.h"

namespace edgeseal::test {

[[nodiscard]] inline std::string hexadecimal(tpm::ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::byte byte : bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 0xf];
  }
  return out;
}

}  // namespace edgeseal::test
