#include "tpm/pkcs1.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace edgeseal::tpm {
namespace {

// The DER of a DigestInfo up to the digest (RFC 8017 §9.2, note 1).
constexpr std::array<std::uint8_t, 15> kSha1Prefix{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
                                                   0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};

constexpr std::array<std::uint8_t, 19> sha2_prefix(std::uint8_t last_arc, std::uint8_t size) {
  return {0x30,     static_cast<std::uint8_t>(0x11 + size),
          0x30,     0x0d,
          0x06,     0x09,
          0x60,     0x86,
          0x48,     0x01,
          0x65,     0x03,
          0x04,     0x02,
          last_arc, 0x05,
          0x00,     0x04,
          size};
}
constexpr auto kSha256Prefix = sha2_prefix(1, 32);
constexpr auto kSha384Prefix = sha2_prefix(2, 48);
constexpr auto kSha512Prefix = sha2_prefix(3, 64);

ByteView prefix(HashAlgorithm hash) noexcept {
  switch (hash) {
    case HashAlgorithm::sha1: return std::as_bytes(std::span(kSha1Prefix));
    case HashAlgorithm::sha256: return std::as_bytes(std::span(kSha256Prefix));
    case HashAlgorithm::sha384: return std::as_bytes(std::span(kSha384Prefix));
    case HashAlgorithm::sha512: return std::as_bytes(std::span(kSha512Prefix));
  }
  return {};
}

}  // namespace

Bytes encode_pkcs1(HashAlgorithm hash, ByteView digest, std::size_t size) {
  const ByteView head = prefix(hash);
  Bytes block(size, std::byte{0xff});
  block[0] = std::byte{0};
  block[1] = std::byte{1};
  const auto info = std::span(block).last(head.size() + digest.size());
  block[size - info.size() - 1] = std::byte{0};
  std::ranges::copy(head, info.begin());
  std::ranges::copy(digest, info.last(digest.size()).begin());
  return block;
}

}  // namespace edgeseal::tpm
