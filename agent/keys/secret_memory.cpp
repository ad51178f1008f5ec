#include "agent/keys/secret_memory.h"

#include <fmt/format.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "agent/error.h"
#include "agent/keys/secret_heap.h"
#include "agent/keys/secret_mapping.h"

namespace edgeseal::agent::secret_memory {

namespace {

constexpr std::size_t guard_size = SecretHeap::page_size;

// Never given back: libcrypto frees what lies in it until the process is gone.
constinit SecretHeap* heap = nullptr;

// Of this thread.
constinit thread_local unsigned scopes = 0;
constinit thread_local SecretHeap::Cache own_cache;  // drained when no Scope is left
constinit thread_local SecretHeap::Cache* cache_of_stack = nullptr;
constinit thread_local const std::function<void()>* work_to_run = nullptr;  // makecontext(3) passes no pointer

SecretHeap::Cache& cache() {
  return cache_of_stack != nullptr ? *cache_of_stack : own_cache;
}

void run_work() {
  (*work_to_run)();
}

void give_back(void* address) noexcept {
  heap->release(address, cache());
  if (scopes == 0) heap->drain(own_cache);
}

std::byte* take(std::size_t size) {
  void* const address = heap == nullptr ? nullptr : heap->allocate(size, cache());
  if (scopes == 0 && heap != nullptr) heap->drain(own_cache);
  if (address == nullptr) throw Error(Code::internal_error, "no memory for private keys is left");
  return static_cast<std::byte*>(address);
}

void* allocate(std::size_t size, const char*, int) {
  if (size == 0) return nullptr;
  return scopes > 0 ? heap->allocate(size, cache()) : std::malloc(size);
}

void release(void* address, const char*, int) {
  if (heap->contains(address))
    give_back(address);
  else
    std::free(address);
}

// Neither leaves the mapping, nor grows outside of it inside a Scope.
void* move(void* address, std::size_t old_size, std::size_t size) {
  void* const moved = heap->contains(address) || scopes > 0 ? heap->allocate(size, cache()) : std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, address, std::min(old_size, size));
  release(address, nullptr, 0);
  return moved;
}

void* reallocate(void* address, std::size_t size, const char* file, int line) {
  if (address == nullptr) return allocate(size, file, line);
  if (size == 0) {
    release(address, file, line);
    return nullptr;
  }
  if (!heap->contains(address))
    return scopes > 0 ? move(address, ::malloc_usable_size(address), size) : std::realloc(address, size);
  const std::size_t old_size = heap->size_of(address);
  return size <= old_size && size > old_size / 2 ? address : move(address, old_size, size);
}

SecretHeap* make_heap() {
  std::span<std::byte> memory = map_secret(capacity);
  if (memory.empty()) memory = map_locked(capacity);
  if (memory.empty())
    throw Error(Code::internal_error,
                fmt::format("cannot lock {} KiB of memory for private keys: {}; remedy: LimitMEMLOCK= of the service",
                            capacity >> 10, std::strerror(errno)));
  return new SecretHeap(memory);
}

SecretHeap* install_heap() {
  heap = make_heap();
  if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
    throw Error(Code::internal_error, "libcrypto was in use before its memory could be protected");
  return heap;
}

}  // namespace

void install() {
  static const SecretHeap* const installed = install_heap();
  static_cast<void>(installed);
}

bool contains(const void* address) noexcept {
  return heap != nullptr && heap->contains(address);
}

std::size_t in_use() noexcept {
  return heap == nullptr ? 0 : heap->in_use();
}

Scope::Scope() noexcept {
  ++scopes;
}

Scope::~Scope() {
  if (--scopes == 0 && heap != nullptr) heap->drain(own_cache);
}

Buffer::Buffer(std::size_t size) : bytes_(take(std::max<std::size_t>(size, 1)), size) {}

Buffer::~Buffer() {
  give_back(bytes_.data());
}

Stack::Stack(std::size_t size) : memory_(take(guard_size + size) + guard_size, size) {
  ::mprotect(memory_.data() - guard_size, guard_size, PROT_NONE);
}

Stack::~Stack() {
  heap->drain(cache_);
  std::byte* const address = memory_.data() - guard_size;
  ::mprotect(address, guard_size, PROT_READ | PROT_WRITE);
  give_back(address);
}

void Stack::run(const std::function<void()>& work) {
  ucontext_t here, there;
  ::getcontext(&there);
  there.uc_stack.ss_sp = memory_.data();
  there.uc_stack.ss_size = memory_.size();
  there.uc_link = &here;
  work_to_run = &work;
  ::makecontext(&there, run_work, 0);
  const Scope scope;
  SecretHeap::Cache* const outer = std::exchange(cache_of_stack, &cache_);
  ::swapcontext(&here, &there);
  cache_of_stack = outer;
}

}  // namespace edgeseal::agent::secret_memory
