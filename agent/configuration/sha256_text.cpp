#include "agent/configuration/sha256_text.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace edgeseal::agent {

std::optional<tpm::Bytes> parse_sha256(std::string_view digits) {
  constexpr std::size_t size = 64;
  const auto is_digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  if (digits.size() != size || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  tpm::Bytes bytes;
  for (std::size_t i = 0; i < size; i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoul(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}

}  // namespace edgeseal::agent
