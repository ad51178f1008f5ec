#include "provider/certificate_bundle.h"

#include <algorithm>
#include <cstring>

#include "provider/errors.h"

namespace edgeseal::provider {

bool CertificateBundle::append(ByteView der) noexcept {
  if (!reserve(sizeof(Length) + der.size())) {
    raise_error(Reason::no_room, "for certificates: memory is out, or they have more than %zu bytes", max_size);
    return false;
  }
  const auto length = static_cast<Length>(der.size());
  std::memcpy(memory_.get() + size_, &length, sizeof(length));
  std::copy(der.begin(), der.end(), memory_.get() + size_ + sizeof(length));
  size_ += sizeof(length) + der.size();
  return true;
}

bool CertificateBundle::reserve(std::size_t size) noexcept {
  const std::size_t needed = size_ + size;
  if (needed <= capacity_) return true;
  if (needed > max_size) return false;
  const std::size_t capacity = std::min(max_size, std::max(needed, 2 * capacity_));
  void* grown = OPENSSL_realloc(memory_.get(), capacity);
  if (grown == nullptr) return false;
  static_cast<void>(memory_.release());
  memory_.reset(static_cast<std::byte*>(grown));
  capacity_ = capacity;
  return true;
}

ByteView CertificateBundle::at(const Position& position) const noexcept {
  Length length = 0;
  const std::byte* start = memory_.get() + position.offset_;
  std::memcpy(&length, start, sizeof(length));
  return {start + sizeof(length), length};
}

void CertificateBundle::advance(Position& position) const noexcept {
  position.offset_ += sizeof(Length) + at(position).size();
  ++position.index_;
}

}  // namespace edgeseal::provider
