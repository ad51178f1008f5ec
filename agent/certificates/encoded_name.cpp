#include "agent/certificates/encoded_name.h"

#include <openssl/asn1.h>
#include <openssl/err.h>

#include <optional>

namespace edgeseal::agent {

namespace {

using tpm::ByteView;

// The elements of a DER sequence, one after the other; once one is not as expected, none is any more.
class Elements {
 public:
  explicit Elements(ByteView der) : rest_(der) {}

  // The next one, if it has this tag: as a whole, with its header.
  std::optional<ByteView> take(int tag, int tag_class = V_ASN1_UNIVERSAL) {
    const auto size = measure(tag, tag_class);
    if (!size) return std::nullopt;
    const ByteView element = rest_.first(size->header + size->content);
    rest_ = rest_.subspan(element.size());
    return element;
  }
  // What is in the next one, if it is a sequence.
  std::optional<ByteView> enter() {
    const auto size = measure(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    return size ? std::optional(rest_.subspan(size->header, size->content)) : std::nullopt;
  }
  bool skip(int tag) { return take(tag).has_value(); }

 private:
  struct Size {
    std::size_t header, content;
  };

  [[nodiscard]] std::optional<Size> measure(int tag, int tag_class) const {
    const unsigned char* cursor = octets(rest_);
    long length = 0;
    int found_tag = 0, found_class = 0;
    const int form = ASN1_get_object(&cursor, &length, &found_tag, &found_class, static_cast<long>(rest_.size()));
    const bool definite = (form & 0x81) == 0;  // neither malformed nor of an indefinite length
    if (!definite || found_tag != tag || found_class != tag_class) return std::nullopt;
    return Size{static_cast<std::size_t>(cursor - octets(rest_)), static_cast<std::size_t>(length)};
  }

  ByteView rest_;
};

// TBSCertificate and TBSCertList are each the first element of a sequence.
std::optional<Elements> to_be_signed(ByteView der) {
  const auto outer = Elements(der).enter();
  const auto inner = outer ? Elements(*outer).enter() : std::nullopt;
  return inner ? std::optional<Elements>(*inner) : std::nullopt;
}

NamePtr decode(Elements& elements) {
  const auto der = elements.take(V_ASN1_SEQUENCE);
  if (!der) return nullptr;
  const unsigned char* cursor = octets(*der);
  return NamePtr(d2i_X509_NAME(nullptr, &cursor, static_cast<long>(der->size())));
}

NamePtr without_errors(NamePtr name) {
  ERR_clear_error();
  return name;
}

}  // namespace

// RFC 5280 §4.1: version [0], serialNumber, signature, issuer, validity, subject.
NamePtr subject_of_certificate(ByteView der) {
  auto fields = to_be_signed(der);
  if (!fields) return without_errors(nullptr);
  (void)fields->take(0, V_ASN1_CONTEXT_SPECIFIC);
  const bool found = fields->skip(V_ASN1_INTEGER) && fields->skip(V_ASN1_SEQUENCE) && fields->skip(V_ASN1_SEQUENCE) &&
                     fields->skip(V_ASN1_SEQUENCE);
  return without_errors(found ? decode(*fields) : nullptr);
}

// RFC 5280 §5.1: version, signature, issuer.
NamePtr issuer_of_crl(ByteView der) {
  auto fields = to_be_signed(der);
  if (!fields) return without_errors(nullptr);
  (void)fields->take(V_ASN1_INTEGER);
  return without_errors(fields->skip(V_ASN1_SEQUENCE) ? decode(*fields) : nullptr);
}

}  // namespace edgeseal::agent
