#pragma once

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "tpm/bytes.h"

namespace edgeseal::test {

// Finds copies of a secret in the memory of this process. Keeps the secret itself under a mask, so as not to find
// itself.
class MemorySearch {
 public:
  explicit MemorySearch(tpm::ByteView secret) : masked_(secret.begin(), secret.end()) {
    for (std::byte& byte : masked_) byte ^= kMask;
  }

  // In everything that can be written: heap, stacks, data.
  [[nodiscard]] std::size_t copies() const {
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (memory < 0) throw std::runtime_error("/proc/self/mem");
    std::ifstream maps("/proc/self/maps");
    std::size_t found = 0;
    for (std::string line; std::getline(maps, line);) {
      const Mapping mapping = parse(line);
      if (mapping.searched) found += copies_in(memory, mapping);
    }
    ::close(memory);
    return found;
  }

 private:
  static constexpr std::byte kMask{0xa5};
  static constexpr std::size_t kLargest = std::size_t{1} << 30;  // larger: the shadow memory of a sanitizer

  struct Mapping {
    std::uintptr_t begin = 0, end = 0;
    bool searched = false;
  };

  // "7f12-7f34 rw-p ..."
  [[nodiscard]] static Mapping parse(const std::string& line) {
    Mapping mapping;
    char dash = 0;
    std::string permissions;
    std::istringstream(line) >> std::hex >> mapping.begin >> dash >> mapping.end >> permissions;
    mapping.searched = permissions.starts_with("rw") && mapping.end - mapping.begin <= kLargest;
    return mapping;
  }

  // Pieces overlap by one byte less than the secret has. What reads them is wiped: it would be found next time.
  [[nodiscard]] std::size_t copies_in(int memory, const Mapping& mapping) const {
    std::array<std::byte, 65536> piece;
    std::size_t found = 0;
    for (std::uintptr_t at = mapping.begin; at < mapping.end; at += piece.size() - masked_.size() + 1) {
      const std::size_t wanted = std::min<std::size_t>(piece.size(), mapping.end - at);
      const ssize_t size = ::pread(memory, piece.data(), wanted, static_cast<off_t>(at));
      if (size > 0) found += copies_in(std::span(piece).first(static_cast<std::size_t>(size)));
    }
    explicit_bzero(piece.data(), piece.size());
    return found;
  }

  [[nodiscard]] std::size_t copies_in(std::span<const std::byte> bytes) const {
    const auto same = [](std::byte masked, std::byte plain) { return masked == (plain ^ kMask); };
    const int first = std::to_integer<int>(masked_.front() ^ kMask);
    std::size_t found = 0;
    while (bytes.size() >= masked_.size()) {
      const void* at = ::memchr(bytes.data(), first, bytes.size() - masked_.size() + 1);
      if (at == nullptr) break;
      bytes = bytes.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(at) - bytes.data()));
      if (std::equal(masked_.begin(), masked_.end(), bytes.begin(), same)) ++found;
      bytes = bytes.subspan(1);
    }
    return found;
  }

  tpm::Bytes masked_;
};

}  // namespace edgeseal::test
