#include "policy/network_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace edgeseal::policy {
namespace {

constexpr std::uint32_t metadata_service = 0xa9fea9fe;  // 169.254.169.254
constexpr std::array<std::uint8_t, 16> metadata_service_ipv6{0xfd, 0, 0x0e, 0xc2, 0, 0, 0,    0,
                                                             0,    0, 0,    0,    0, 0, 0x02, 0x54};  // fd00:ec2::254

bool leads_elsewhere(std::uint32_t ipv4) noexcept {
  const std::uint32_t first = ipv4 >> 24;
  return first != 0 && first != 127 && first < 224 && ipv4 != metadata_service;
}

}  // namespace

bool leads_elsewhere(const in_addr& address) noexcept {
  return leads_elsewhere(ntohl(address.s_addr));
}

bool leads_elsewhere(const in6_addr& address) noexcept {
  const auto& octets = address.s6_addr;
  const auto embedded = [&](std::size_t at) {
    return std::uint32_t{octets[at]} << 24 | std::uint32_t{octets[at + 1]} << 16 | std::uint32_t{octets[at + 2]} << 8 |
           std::uint32_t{octets[at + 3]};
  };
  const bool nat64 = octets[0] == 0 && octets[1] == 0x64 && octets[2] == 0xff && octets[3] == 0x9b;
  const bool low = std::all_of(std::begin(octets), std::begin(octets) + 10, [](auto octet) { return octet == 0; });
  if (low || nat64) return leads_elsewhere(embedded(12));
  if (octets[0] == 0x20 && octets[1] == 0x02) return leads_elsewhere(embedded(2));
  return octets[0] != 0xff && !std::equal(metadata_service_ipv6.begin(), metadata_service_ipv6.end(), octets);
}

}  // namespace edgeseal::policy
