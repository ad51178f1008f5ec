#include "jose/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "jose/error.h"

namespace edgeseal::jose {

namespace {

constexpr std::string_view standard_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> values_of(std::string_view digits) {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t value = 0; value < digits.size(); ++value)
    values[static_cast<unsigned char>(digits[value])] = static_cast<std::uint8_t>(value);
  return values;
}

constexpr auto standard_values = values_of(standard_digits);
constexpr auto url_values = values_of(url_digits);

[[noreturn]] void refuse(std::string_view part) {
  throw Error(Problem::malformed, std::string(part) + " is not in the Base64 form of RFC 4648 that is expected there");
}

// Each group of up to three bytes gives one digit more than it has bytes.
template <class Text>
Text encode(ByteView bytes, std::string_view digits) {
  Text text;
  text.reserve(std::max(sizeof(Text), (bytes.size() + 2) / 3 * 4));  // never in the object, which nobody wipes
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::byte byte : bytes) {
    bits = bits << 8 | std::to_integer<std::uint32_t>(byte);
    for (count += 8; count >= 6; count -= 6) text += digits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += digits[bits << (6 - count) & 63];
  return text;
}

template <class Result>
Result decode(std::string_view text, const std::array<std::uint8_t, 256>& values, std::string_view part) {
  if (text.size() % 4 == 1) refuse(part);
  Result result;
  result.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(digit)];
    if (value == no_digit) refuse(part);
    bits = bits << 6 | value;
    if ((count += 6) < 8) continue;
    count -= 8;
    result.push_back(static_cast<std::byte>(bits >> count & 255));
  }
  if ((bits & ((1U << count) - 1)) != 0) refuse(part);
  return result;
}

}  // namespace

std::string encode_base64url(ByteView bytes) {
  return encode<std::string>(bytes, url_digits);
}

Bytes decode_base64url(std::string_view text, std::string_view part) {
  return decode<Bytes>(text, url_values, part);
}

SecretText encode_base64(ByteView bytes) {
  auto text = encode<SecretText>(bytes, standard_digits);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

SecretBytes decode_base64(std::string_view text, std::string_view part) {
  if (text.size() % 4 != 0) refuse(part);
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode<SecretBytes>(text, standard_values, part);
}

}  // namespace edgeseal::jose
