#include "provider/rsa_block.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace edgeseal::provider {
namespace {

constexpr std::size_t overhead = 11;  // with eight bytes of FF, the least

// All that goes before the digest (RFC 8017 section 9.2, note 1).
struct Prefix {
  wire::Hash hash;
  std::array<std::uint8_t, 19> octets;
  std::size_t size;
};

constexpr Prefix sha2_prefix(wire::Hash hash, std::uint8_t arc) noexcept {
  const auto digest = static_cast<std::uint8_t>(wire::digest_size(hash));
  const auto all = static_cast<std::uint8_t>(17 + digest);
  return {hash,
          {0x30, all, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, 0x05, 0x00, 0x04,
           digest},
          19};
}

constexpr std::array<Prefix, 4> prefixes{
    {{wire::Hash::sha1, {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}, 15},
     sha2_prefix(wire::Hash::sha256, 1),
     sha2_prefix(wire::Hash::sha384, 2),
     sha2_prefix(wire::Hash::sha512, 3)}};

}  // namespace

bool pad_pkcs1(ByteView content, MutableByteView block) noexcept {
  if (content.size() + overhead > block.size()) return false;
  const MutableByteView padding = block.first(block.size() - content.size());
  std::fill(padding.begin(), padding.end(), std::byte{0xff});
  padding.front() = std::byte{0};
  padding[1] = std::byte{1};
  padding.back() = std::byte{0};
  std::copy(content.begin(), content.end(), block.last(content.size()).begin());
  return true;
}

std::optional<NamedDigest> parse_digest_info(ByteView der) noexcept {
  for (const Prefix& prefix : prefixes) {
    const ByteView start = std::as_bytes(std::span(prefix.octets)).first(prefix.size);
    if (der.size() == start.size() + wire::digest_size(prefix.hash) &&
        std::equal(start.begin(), start.end(), der.begin()))
      return NamedDigest{prefix.hash, der.subspan(start.size())};
  }
  return std::nullopt;
}

}  // namespace edgeseal::provider
