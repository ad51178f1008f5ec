#include "enroll/cmp/der_fields.h"

namespace edgeseal::enroll::cmp {

std::optional<DerReader::Element> next_tagged(DerReader& reader, int tag) {
  if (reader.at_end() || !reader.peek().is_context(tag)) return std::nullopt;
  return reader.next();
}

DerReader::Element only_element(const DerReader::Element& tagged) {
  DerReader reader(tagged.content);
  const DerReader::Element element = reader.next();
  reader.finish();
  return element;
}

std::optional<std::int64_t> next_integer(DerReader& reader) {
  const ByteView content = reader.content_of(V_ASN1_INTEGER);
  if (content.empty()) throw MalformedDer();
  if (content.size() > sizeof(std::int64_t)) return std::nullopt;
  const bool negative = (content[0] & std::byte{0x80}) != std::byte{0};
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const std::byte octet : content) value = value << 8U | std::to_integer<std::uint64_t>(octet);
  return static_cast<std::int64_t>(value);
}

}  // namespace edgeseal::enroll::cmp
