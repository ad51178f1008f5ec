#pragma once

#include <cstdint>
#include <optional>

#include "enroll/openssl.h"

namespace edgeseal::enroll::cmp {

// One element of DER. Views into what was read.
struct DerElement {
  std::uint8_t tag = 0;  // with class and form, as it stands in the encoding
  ByteView content;
  ByteView whole;  // with tag and length
};

inline constexpr std::uint8_t der_integer = 0x02;
inline constexpr std::uint8_t der_octet_string = 0x04;
inline constexpr std::uint8_t der_object_identifier = 0x06;
inline constexpr std::uint8_t der_sequence = 0x30;
[[nodiscard]] constexpr std::uint8_t der_context(unsigned number) {  // constructed
  return static_cast<std::uint8_t>(0xA0U | number);
}

// Reads elements one after the other. DER alone: no indefinite or padded length, no tag number above 30, so that
// libcrypto, which takes more, sees the same elements. Throws Error{transport} where the encoding is not so.
class DerReader {
 public:
  explicit DerReader(ByteView encoded) : rest_(encoded) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  void require_end() const;
  [[nodiscard]] DerElement next();
  [[nodiscard]] DerElement next(std::uint8_t tag);  // no other
  [[nodiscard]] std::optional<DerElement> next_if(std::uint8_t tag);

 private:
  ByteView rest_;
};

// The elements of what is constructed, one of that tag.
[[nodiscard]] DerReader read_inside(ByteView encoded, std::uint8_t tag);
// An explicit tag holds exactly one element.
[[nodiscard]] DerElement only_element(const DerElement& outer);
// Nothing where it does not fit.
[[nodiscard]] std::optional<std::int64_t> integer_of(const DerElement& element);

}  // namespace edgeseal::enroll::cmp
