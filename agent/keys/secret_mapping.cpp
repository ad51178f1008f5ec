#include "agent/keys/secret_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <utility>

#include "policy/unique_fd.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447  // on every architecture; the headers of Debian 12 know it on some
#endif

namespace edgeseal::agent {

namespace {

// Undone unless it is kept.
class Mapping {
 public:
  Mapping(const policy::UniqueFd& file, std::size_t size) : size_(size) {
    if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return;
    address_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  }
  ~Mapping() {
    if (*this) ::munmap(address_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] explicit operator bool() const { return address_ != MAP_FAILED; }
  // As pages are used: the process pays for no more than it needs.
  [[nodiscard]] bool lock() const { return *this && ::mlock2(address_, size_, MLOCK_ONFAULT) == 0; }
  [[nodiscard]] std::span<std::byte> keep_private() {
    if (!*this || ::madvise(address_, size_, MADV_DONTFORK) != 0 || ::madvise(address_, size_, MADV_DONTDUMP) != 0)
      return {};
    return {static_cast<std::byte*>(std::exchange(address_, MAP_FAILED)), size_};
  }

 private:
  std::size_t size_;
  void* address_ = MAP_FAILED;
};

}  // namespace

std::span<std::byte> map_secret(std::size_t size) {
  const policy::UniqueFd file(static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC)));
  return Mapping(file, size).keep_private();
}

std::span<std::byte> map_locked(std::size_t size) {
  const policy::UniqueFd file(::memfd_create("edgeseal-secrets", MFD_CLOEXEC));
  Mapping mapping(file, size);
  return mapping.lock() ? mapping.keep_private() : std::span<std::byte>();
}

}  // namespace edgeseal::agent
