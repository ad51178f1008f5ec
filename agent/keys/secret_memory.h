#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "agent/keys/secret_heap.h"

// Where opened private keys live: one mapping of fixed size that the kernel takes out of its own page tables
// (memfd_secret(2)), else one that is locked and left out of core dumps; a child process has neither. Its name in
// /proc/PID/maps is /secretmem, else /memfd:edgeseal-secrets. What is given back is overwritten.
//
// libcrypto allocates wherever it likes: big numbers, Montgomery contexts, copies. So its allocator is replaced, once
// for the process: inside a Scope it takes memory from the mapping, elsewhere from malloc. Any thread.
namespace edgeseal::agent::secret_memory {

inline constexpr std::size_t capacity = 4UL << 20;

// Before the first use of libcrypto in the process; a second call does nothing. Throws Error{internal_error} where
// libcrypto has allocated already, or the mapping cannot be had (RLIMIT_MEMLOCK).
void install();
[[nodiscard]] bool contains(const void* address) noexcept;
// Bytes, with what threads in a Scope keep ready for themselves, and stacks.
[[nodiscard]] std::size_t in_use() noexcept;

// While one lives, what libcrypto allocates in this thread comes from the mapping; where that is full, libcrypto fails
// as if memory were out. Scopes may be nested.
class Scope {
 public:
  Scope() noexcept;
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

// Bytes in the mapping, whatever the thread; overwritten at their end. Throws Error{internal_error} where there is no
// room.
class Buffer {
 public:
  explicit Buffer(std::size_t size);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] std::span<std::byte> span() noexcept { return bytes_; }
  [[nodiscard]] std::span<const std::byte> view() const noexcept { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

// A stack in the mapping, with a page below it that ends the process when it overflows.
//
// It is not the stack that a thread is made with: the C library keeps the thread's descriptor there, and the kernel
// cannot wake those who join the thread by an address in secret memory.
class Stack {
 public:
  // `size`: whole pages. Throws Error{internal_error} where there is no room.
  explicit Stack(std::size_t size);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // Calls `work`, which throws nothing, in this thread, on this stack and in a Scope. By one thread at a time.
  void run(const std::function<void()>& work);

 private:
  std::span<std::byte> memory_;
  SecretHeap::Cache cache_;  // what libcrypto gives back in one run serves the next
};

}  // namespace edgeseal::agent::secret_memory
