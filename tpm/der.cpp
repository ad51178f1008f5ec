#include "tpm/der.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace edgeseal::tpm::der {
namespace {

constexpr std::byte kTrue{0xff};
constexpr std::byte kFalse{0x00};
constexpr std::byte kOneLengthByte{0x81};
constexpr std::byte kTwoLengthBytes{0x82};
constexpr std::byte kSignBit{0x80};

struct Header {
  std::size_t size;     // of tag and length together
  std::size_t content;  // length of what follows
};

std::size_t number(std::byte value) noexcept {
  return std::to_integer<std::size_t>(value);
}

// The length at input[1] in its shortest form (X.690 §10.1).
std::optional<Header> read_header(ByteView input) noexcept {
  if (input.size() >= 2 && input[1] < kSignBit) return Header{2, number(input[1])};
  if (input.size() >= 3 && input[1] == kOneLengthByte && input[2] >= kSignBit) return Header{3, number(input[2])};
  if (input.size() >= 4 && input[1] == kTwoLengthBytes && input[2] != std::byte{0}) {
    return Header{4, number(input[2]) << 8 | number(input[3])};
  }
  return std::nullopt;
}

}  // namespace

bool Reader::next_is(Tag tag) const noexcept {
  return !rest_.empty() && rest_.front() == static_cast<std::byte>(tag);
}

std::optional<ByteView> Reader::read(Tag tag) noexcept {
  if (!next_is(tag)) return std::nullopt;
  const auto header = read_header(rest_);
  if (!header || header->content > rest_.size() - header->size) return std::nullopt;
  const ByteView content = rest_.subspan(header->size, header->content);
  rest_ = rest_.subspan(header->size + header->content);
  return content;
}

std::optional<bool> Reader::read_boolean() noexcept {
  const auto content = read(Tag::boolean);
  if (!content || content->size() != 1) return std::nullopt;
  return content->front() != kFalse;
}

std::optional<std::uint32_t> Reader::read_uint32() noexcept {
  const auto content = read(Tag::integer);
  if (!content || content->empty() || content->size() > sizeof(std::uint32_t) + 1) return std::nullopt;
  const bool negative = content->front() >= kSignBit;
  const bool padded = content->size() > 1 && content->front() == std::byte{0};
  if (negative || (padded && (*content)[1] < kSignBit)) return std::nullopt;
  if (content->size() > sizeof(std::uint32_t) && !padded) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::byte byte : *content) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

Bytes element(Tag tag, ByteView content) {
  assert(content.size() <= 0xffff);
  const auto low = static_cast<std::byte>(content.size() & 0xff);
  const auto high = static_cast<std::byte>(content.size() >> 8);
  Bytes out{static_cast<std::byte>(tag)};
  if (content.size() >= 0x100) {
    out.insert(out.end(), {kTwoLengthBytes, high, low});
  } else if (content.size() >= 0x80) {
    out.insert(out.end(), {kOneLengthByte, low});
  } else {
    out.push_back(low);
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes boolean_element(bool value) {
  const std::array content{value ? kTrue : kFalse};
  return element(Tag::boolean, content);
}

Bytes integer_element(std::uint32_t value) {
  std::array<std::byte, sizeof(value) + 1> bytes{};  // the first one stays 0 and keeps the number positive
  for (auto byte = bytes.rbegin(); value != 0; ++byte, value >>= 8) *byte = static_cast<std::byte>(value & 0xff);
  auto first = bytes.begin();
  while (first + 1 != bytes.end() && *first == std::byte{0} && *(first + 1) < kSignBit) ++first;
  return element(Tag::integer, ByteView(first, bytes.end()));
}

}  // namespace edgeseal::tpm::der
