#pragma once

#include <cstdint>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

// Copies of DER certificates, in one piece of memory, to be looked at in their order.
class CertificateBundle {
 public:
  static constexpr std::size_t max_size = std::size_t{4} << 20;  // all of them; those of all the world's roots take 0.3

  // False, with an error raised, where memory is out or there are too many.
  [[nodiscard]] bool append(ByteView der) noexcept;
  void clear() noexcept { size_ = 0; }

  // Where a certificate stands. Starts with the first one.
  class Position {
   public:
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

   private:
    friend class CertificateBundle;
    std::size_t offset_ = 0;
    std::size_t index_ = 0;
  };

  [[nodiscard]] bool is_end(const Position& position) const noexcept { return position.offset_ == size_; }
  // To be asked only where it is not the end; good until something is appended.
  [[nodiscard]] ByteView at(const Position& position) const noexcept;
  void advance(Position& position) const noexcept;

 private:
  using Length = std::uint32_t;

  [[nodiscard]] bool reserve(std::size_t size) noexcept;

  OpensslMemory<std::byte> memory_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace edgeseal::provider
