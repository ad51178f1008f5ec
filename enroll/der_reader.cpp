#include "enroll/der_reader.h"

#include <openssl/err.h>

#include <array>

namespace edgeseal::enroll {
namespace {

constexpr std::size_t max_identifier_text = 128;

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT, ASN1_OBJECT_free>>;

}  // namespace

DerReader::Element DerReader::next() {
  const unsigned char* at = octets(rest_);
  long length = 0;
  Element element;
  const int flags = ASN1_get_object(&at, &length, &element.tag, &element.tag_class, static_cast<long>(rest_.size()));
  ERR_clear_error();
  const bool indefinite = (flags & 1) != 0;
  if ((flags & 0x80) != 0 || indefinite || length < 0) throw MalformedDer();
  const auto header = static_cast<std::size_t>(at - octets(rest_));
  if (static_cast<std::size_t>(length) > rest_.size() - header) throw MalformedDer();
  element.content = rest_.subspan(header, static_cast<std::size_t>(length));
  element.whole = rest_.first(header + element.content.size());
  rest_ = rest_.subspan(element.whole.size());
  return element;
}

ByteView DerReader::content_of(int tag) {
  const Element element = next();
  if (!element.is(tag)) throw MalformedDer();
  return element.content;
}

std::string DerReader::object_identifier() {
  const Element element = next();
  const unsigned char* at = octets(element.whole);
  const ObjectPtr object(
      element.is(V_ASN1_OBJECT) ? d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(element.whole.size())) : nullptr);
  ERR_clear_error();
  std::array<char, max_identifier_text> text;
  const int size = object ? OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object.get(), 1) : 0;
  if (size <= 0 || static_cast<std::size_t>(size) >= text.size()) throw MalformedDer();
  return {text.data(), static_cast<std::size_t>(size)};
}

void DerReader::finish() const {
  if (!at_end()) throw MalformedDer();
}

}  // namespace edgeseal::enroll
