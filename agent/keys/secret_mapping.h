#pragma once

#include <cstddef>
#include <span>

// Memory for secrets, for as long as the process lives: a child process does not have it and no core dump shows it.
// `size`: whole pages. Empty where it cannot be had; errno says why.
namespace edgeseal::agent {

// Taken out of the kernel's own page tables too (memfd_secret(2)): not even root reads it from another process. In
// /proc/PID/maps it is /secretmem.
[[nodiscard]] std::span<std::byte> map_secret(std::size_t size);

// Locked into memory. In /proc/PID/maps it is /memfd:edgeseal-secrets.
[[nodiscard]] std::span<std::byte> map_locked(std::size_t size);

}  // namespace edgeseal::agent
