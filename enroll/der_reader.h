#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "enroll/openssl.h"

namespace edgeseal::enroll {

class MalformedDer : public std::runtime_error {
 public:
  MalformedDer() : std::runtime_error("malformed DER") {}
};

// Goes through DER elements one after the other, for structures that libcrypto has no template of. Throws MalformedDer
// where the next element isn't what is asked for.
class DerReader {
 public:
  explicit DerReader(ByteView der) : rest_(der) {}

  struct Element {
    int tag_class = 0;  // V_ASN1_UNIVERSAL ...
    int tag = 0;
    ByteView whole, content;

    [[nodiscard]] bool is(int wanted) const noexcept { return tag_class == V_ASN1_UNIVERSAL && tag == wanted; }
    [[nodiscard]] bool is_context(int wanted) const noexcept {
      return tag_class == V_ASN1_CONTEXT_SPECIFIC && tag == wanted;
    }
  };

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] Element next();
  [[nodiscard]] Element peek() const { return DerReader(*this).next(); }
  [[nodiscard]] DerReader sequence() { return DerReader(content_of(V_ASN1_SEQUENCE)); }
  [[nodiscard]] DerReader set() { return DerReader(content_of(V_ASN1_SET)); }
  [[nodiscard]] std::string object_identifier();  // "1.2.840.113549.1.9.7"
  [[nodiscard]] ByteView content_of(int tag);
  void finish() const;  // throws unless at_end()

 private:
  ByteView rest_;
};

}  // namespace edgeseal::enroll
