#include "jose/secret_strength.h"

#include <algorithm>
#include <bitset>
#include <cmath>

namespace edgeseal::jose {
namespace {

constexpr std::size_t min_distinct = 6;

bool is_within(unsigned char c, char first, char last) {
  return c >= static_cast<unsigned char>(first) && c <= static_cast<unsigned char>(last);
}
bool is_digit(unsigned char c) {
  return is_within(c, '0', '9');
}
bool is_lower(unsigned char c) {
  return is_within(c, 'a', 'z');
}
bool is_upper(unsigned char c) {
  return is_within(c, 'A', 'Z');
}
bool is_printable(unsigned char c) {
  return is_within(c, ' ', '~');
}
bool is_hexadecimal(unsigned char c) {
  return is_digit(c) || is_within(c, 'a', 'f') || is_within(c, 'A', 'F');
}

double alphabet_of(std::span<const unsigned char> secret) {
  const auto any = [secret](const auto& is_kind) { return std::ranges::any_of(secret, is_kind); };
  if (!std::ranges::all_of(secret, is_printable)) return 256;
  if (std::ranges::all_of(secret, is_digit)) return 10;
  if (std::ranges::all_of(secret, is_hexadecimal)) return 16;
  const bool other = any([](unsigned char c) { return !is_digit(c) && !is_lower(c) && !is_upper(c); });
  return (any(is_digit) ? 10 : 0) + (any(is_lower) ? 26 : 0) + (any(is_upper) ? 26 : 0) + (other ? 33 : 0);
}

std::size_t distinct(std::span<const unsigned char> secret) {
  std::bitset<256> seen;
  for (const unsigned char c : secret) seen.set(c);
  return seen.count();
}

}  // namespace

double secret_bits(ByteView secret) {
  const std::span octets(reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  if (distinct(octets) < min_distinct) return 0;
  return static_cast<double>(octets.size()) * std::log2(alphabet_of(octets));
}

bool is_strong_secret(ByteView secret) {
  return secret_bits(secret) >= min_secret_bits;
}

}  // namespace edgeseal::jose
