#pragma once

// Reading and writing of the fields of a record, shared by the codecs of this folder. A cursor that met a bound stays
// failed: fields are read or written one after the other and the end asks once whether all went well.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "provider/wire/message.h"

namespace edgeseal::wire {

class Writer {
 public:
  explicit Writer(MutableByteView out) noexcept : out_(out) {}

  template <typename Integer>
  void integer(Integer value) noexcept {
    if (!reserve(sizeof(value))) return;
    for (std::size_t i = 0; i < sizeof(value); ++i) out_[size_++] = static_cast<std::byte>(value >> (8 * i));
  }

  void bytes(ByteView value) noexcept {
    if (!reserve(value.size())) return;
    std::copy(value.begin(), value.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += value.size();
  }

  void require(bool condition) noexcept { good_ = good_ && condition; }
  [[nodiscard]] std::size_t size() const noexcept { return good_ ? size_ : 0; }

 private:
  [[nodiscard]] bool reserve(std::size_t size) noexcept {
    require(size <= out_.size() - size_);
    return good_;
  }

  MutableByteView out_;
  std::size_t size_ = 0;
  bool good_ = true;
};

class Reader {
 public:
  explicit Reader(ByteView record) noexcept : rest_(record) {}

  template <typename Integer>
  [[nodiscard]] Integer integer() noexcept {
    const ByteView field = bytes(sizeof(Integer));
    Integer value = 0;
    for (std::size_t i = field.size(); i-- > 0;)
      value = static_cast<Integer>((value << 8) | std::to_integer<Integer>(field[i]));
    return value;
  }

  // Empty where the record has fewer bytes.
  [[nodiscard]] ByteView bytes(std::size_t size) noexcept {
    require(size <= rest_.size());
    if (!good_) return {};
    const ByteView field = rest_.first(size);
    rest_ = rest_.subspan(size);
    return field;
  }

  void require(bool condition) noexcept { good_ = good_ && condition; }
  [[nodiscard]] ByteView rest() const noexcept { return rest_; }
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool finished() const noexcept { return good_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool good_ = true;
};

[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// 1 to 255 visible ASCII characters: a name can stand in a URI, a log line and a shell command as it is.
[[nodiscard]] inline bool is_key_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_key_name_size &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace edgeseal::wire
