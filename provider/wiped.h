#pragma once

// Memory of one operation that is overwritten when it goes.

#include <array>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

template <std::size_t capacity>
class WipedArray {
 public:
  WipedArray() noexcept = default;
  WipedArray(const WipedArray&) = delete;
  WipedArray& operator=(const WipedArray&) = delete;
  ~WipedArray() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  [[nodiscard]] MutableByteView view() noexcept { return bytes_; }

 private:
  std::array<std::byte, capacity> bytes_{};
};

// Room for one record: on the stack where it is of the usual size, which spares threads with a small one; else from
// libcrypto, and empty where memory is out.
class RecordBuffer {
 public:
  static constexpr std::size_t usual_size = 2048;  // a signature, a decryption or a refusal, up to RSA 8192

  explicit RecordBuffer(std::size_t size = usual_size) noexcept : view_(usual_) {
    if (size <= usual_size) return;
    large_.reset(static_cast<std::byte*>(OPENSSL_malloc(size)));
    view_ = MutableByteView(large_.get(), large_ != nullptr ? size : 0);
  }
  RecordBuffer(const RecordBuffer&) = delete;
  RecordBuffer& operator=(const RecordBuffer&) = delete;
  ~RecordBuffer() { OPENSSL_cleanse(view_.data(), view_.size()); }

  [[nodiscard]] MutableByteView view() noexcept { return view_; }

 private:
  std::array<std::byte, usual_size> usual_{};
  OpensslMemory<std::byte> large_;
  MutableByteView view_;
};

}  // namespace edgeseal::provider
