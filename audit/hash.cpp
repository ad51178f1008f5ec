#include "audit/hash.h"

#include <openssl/evp.h>

#include <charconv>

#include "audit/error.h"

namespace edgeseal::audit {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

Hash hash_of(std::string_view text) {
  Hash hash{};
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr, EVP_sha256(),
                 nullptr) != 1)
    throw Error("SHA-256", "libcrypto does not make it");
  return hash;
}

std::string to_text(const Hash& hash) {
  std::string text;
  for (const std::byte byte : hash) {
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

std::optional<Hash> parse_hash(std::string_view text) {
  Hash hash{};
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = digits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    hash[i / 2] |= static_cast<std::byte>(i % 2 == 0 ? digit << 4 : digit);
  }
  return hash;
}

std::string to_text(const Link& link) {
  return std::to_string(link.sequence) + ":" + to_text(link.hash);
}

std::optional<Link> parse_link(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Link link;
  const char* end = text.data() + colon;
  const auto [stop, problem] = std::from_chars(text.data(), end, link.sequence);  // decimal
  const auto hash = parse_hash(text.substr(colon + 1));
  if (problem != std::errc() || stop != end || !hash) return std::nullopt;
  link.hash = *hash;
  return link;
}

}  // namespace edgeseal::audit
