#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tpm/bytes.h"

// The little of DER (ITU-T X.690) that a stored key needs: single-byte tags, definite lengths below 64 KiB.
namespace edgeseal::tpm::der {

enum class Tag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  object_identifier = 0x06,
  sequence = 0x30,
  explicit_0 = 0xa0,
  explicit_1 = 0xa1
};

// Reads elements from the front of `input`. Strict: a length that is not in its shortest form, or that reaches beyond
// the input, is no element.
class Reader {
 public:
  explicit Reader(ByteView input) noexcept : rest_(input) {}

  // The content of the next element; nothing, and no progress, if it is not a well-formed `tag`.
  [[nodiscard]] std::optional<ByteView> read(Tag tag) noexcept;
  // As BER: every value but 0 is true. tpm2-openssl writes 1.
  [[nodiscard]] std::optional<bool> read_boolean() noexcept;
  [[nodiscard]] std::optional<std::uint32_t> read_uint32() noexcept;

  [[nodiscard]] bool next_is(Tag tag) const noexcept;
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  ByteView rest_;
};

// `content` is below 64 KiB.
[[nodiscard]] Bytes element(Tag tag, ByteView content);
[[nodiscard]] Bytes boolean_element(bool value);
[[nodiscard]] Bytes integer_element(std::uint32_t value);

}  // namespace edgeseal::tpm::der
