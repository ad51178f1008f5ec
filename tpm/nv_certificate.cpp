#include "tpm/nv_certificate.h"

#include "tpm/der.h"

namespace edgeseal::tpm {

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE, signature BIT STRING }
std::optional<ByteView> certificate_in(ByteView nv_content) noexcept {
  der::Reader outer(nv_content);
  const auto content = outer.read(der::Tag::sequence);
  if (!content) return std::nullopt;
  der::Reader fields(*content);
  if (!fields.read(der::Tag::sequence) || !fields.read(der::Tag::sequence)) return std::nullopt;
  if (!fields.read(der::Tag::bit_string) || !fields.at_end()) return std::nullopt;
  return nv_content.first(static_cast<std::size_t>(content->data() + content->size() - nv_content.data()));
}

}  // namespace edgeseal::tpm
