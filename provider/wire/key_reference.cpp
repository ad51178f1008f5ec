#include "provider/wire/key_reference.h"

#include "provider/wire/cursor.h"

namespace edgeseal::wire {
namespace {

enum class Tag : std::uint8_t {
  integer = 0x02,
  bit_string = 0x03,
  object_identifier = 0x06,
  utf8_string = 0x0c,
  sequence = 0x30
};

void put_header(Writer& writer, Tag tag, std::size_t length) noexcept {
  writer.integer(static_cast<std::uint8_t>(tag));
  if (length >= 0x100) {
    writer.integer(std::uint8_t{0x82});
    writer.integer(static_cast<std::uint8_t>(length >> 8));
  } else if (length >= 0x80) {
    writer.integer(std::uint8_t{0x81});
  }
  writer.integer(static_cast<std::uint8_t>(length));
}

void put(Writer& writer, Tag tag, ByteView content) noexcept {
  put_header(writer, tag, content.size());
  writer.bytes(content);
}

// The definite length in its shortest form, as DER wants it (X.690 section 10.1).
std::size_t take_length(Reader& reader) noexcept {
  const auto first = reader.integer<std::uint8_t>();
  if (first < 0x80) return first;
  reader.require(first == 0x81 || first == 0x82);
  std::size_t length = reader.integer<std::uint8_t>();
  if (first == 0x82) length = (length << 8) | reader.integer<std::uint8_t>();
  reader.require(length >= (first == 0x82 ? 0x100U : 0x80U));
  return length;
}

ByteView take(Reader& reader, Tag tag) noexcept {
  reader.require(reader.integer<std::uint8_t>() == static_cast<std::uint8_t>(tag));
  return reader.bytes(take_length(reader));
}

bool equal(ByteView left, ByteView right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

ByteView object_identifier() noexcept {
  return std::as_bytes(std::span(key_reference_oid));
}

constexpr std::array<std::byte, 1> format_version{std::byte{1}};

// SubjectPublicKeyInfo ::= SEQUENCE { algorithm SEQUENCE, subjectPublicKey BIT STRING }
bool is_public_key(ByteView der) noexcept {
  Reader outer(der);
  Reader inner(take(outer, Tag::sequence));
  static_cast<void>(take(inner, Tag::sequence));
  static_cast<void>(take(inner, Tag::bit_string));
  return outer.finished() && inner.finished();
}

}  // namespace

std::size_t encode(const KeyReference& reference, MutableByteView out) noexcept {
  if (!is_key_name(reference.key_name) || !is_public_key(reference.public_key)) return 0;
  std::array<std::byte, max_key_reference_size> content{};
  Writer body(content);
  put(body, Tag::object_identifier, object_identifier());
  put(body, Tag::integer, format_version);
  put(body, Tag::utf8_string, as_bytes(reference.key_name));
  body.bytes(reference.public_key);
  if (body.size() == 0) return 0;

  Writer whole(out.first(std::min(out.size(), max_key_reference_size)));
  put(whole, Tag::sequence, ByteView(content).first(body.size()));
  return whole.size();
}

bool decode(ByteView der, KeyReference& reference) noexcept {
  Reader outer(der);
  outer.require(der.size() <= max_key_reference_size);
  Reader body(take(outer, Tag::sequence));
  body.require(equal(take(body, Tag::object_identifier), object_identifier()));
  body.require(equal(take(body, Tag::integer), format_version));
  reference.key_name = as_text(take(body, Tag::utf8_string));
  reference.public_key = body.rest();
  return outer.finished() && body.good() && is_key_name(reference.key_name) && is_public_key(reference.public_key);
}

}  // namespace edgeseal::wire
