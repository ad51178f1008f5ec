#include "enroll/cmp/der_reader.h"

#include "enroll/error.h"

namespace edgeseal::enroll::cmp {
namespace {

[[noreturn]] void refuse() {
  throw Error(ErrorClass::transport, "the server's answer is not a well-formed CMP message");
}

struct Length {
  std::size_t value;
  std::size_t octets;  // of its own encoding
};

Length long_length(ByteView encoded, std::size_t octets) {
  constexpr std::size_t max_octets = 4;
  if (octets == 0 || octets > max_octets || encoded.size() <= octets || encoded[1] == std::byte{0}) refuse();
  std::size_t value = 0;
  for (const std::byte octet : encoded.subspan(1, octets)) value = value << 8U | std::to_integer<std::size_t>(octet);
  if (value < 0x80) refuse();
  return {value, octets + 1};
}

Length read_length(ByteView encoded) {
  if (encoded.empty()) refuse();
  const auto first = std::to_integer<std::size_t>(encoded[0]);
  return first < 0x80 ? Length{first, 1} : long_length(encoded, first & 0x7FU);
}

}  // namespace

DerElement DerReader::next() {
  constexpr std::byte more_octets{0x1F};
  if (rest_.empty() || (rest_[0] & more_octets) == more_octets) refuse();
  const Length length = read_length(rest_.subspan(1));
  const std::size_t head = 1 + length.octets;
  if (rest_.size() - head < length.value) refuse();
  const DerElement element{std::to_integer<std::uint8_t>(rest_[0]), rest_.subspan(head, length.value),
                           rest_.first(head + length.value)};
  rest_ = rest_.subspan(element.whole.size());
  return element;
}

DerElement DerReader::next(std::uint8_t tag) {
  const DerElement element = next();
  if (element.tag != tag) refuse();
  return element;
}

void DerReader::require_end() const {
  if (!at_end()) refuse();
}

std::optional<DerElement> DerReader::next_if(std::uint8_t tag) {
  if (rest_.empty() || rest_[0] != std::byte{tag}) return std::nullopt;
  return next();
}

DerReader read_inside(ByteView encoded, std::uint8_t tag) {
  DerReader outer(encoded);
  const DerElement element = outer.next(tag);
  outer.require_end();
  return DerReader(element.content);
}

DerElement only_element(const DerElement& outer) {
  DerReader reader(outer.content);
  const DerElement element = reader.next();
  reader.require_end();
  return element;
}

std::optional<std::int64_t> integer_of(const DerElement& element) {
  if (element.tag != der_integer || element.content.empty() || element.content.size() > sizeof(std::int64_t))
    return std::nullopt;
  const bool negative = (element.content[0] & std::byte{0x80}) != std::byte{0};
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const std::byte octet : element.content) value = value << 8U | std::to_integer<std::uint64_t>(octet);
  return static_cast<std::int64_t>(value);
}

}  // namespace edgeseal::enroll::cmp
