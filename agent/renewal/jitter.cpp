#include "agent/renewal/jitter.h"

#include <array>
#include <cmath>
#include <cstring>

#include "agent/openssl.h"

namespace edgeseal::agent {

// The length of `purpose` keeps it apart from `count`.
double Jitter::place(std::string_view purpose, std::uint64_t count) const {
  const std::array<std::uint64_t, 2> numbers{purpose.size(), count};
  const auto digest = sha256({device_, std::as_bytes(std::span(numbers)), std::as_bytes(std::span(purpose))});
  std::uint64_t bits = 0;
  std::memcpy(&bits, digest.data(), sizeof bits);
  return std::ldexp(static_cast<double>(bits >> 11), -53);
}

}  // namespace edgeseal::agent
