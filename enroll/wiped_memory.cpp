#include "enroll/wiped_memory.h"

#include <curl/curl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace {

void wiping_free(void* memory) noexcept {
  if (memory == nullptr) return;
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

void* wiping_realloc(void* memory, std::size_t size) noexcept {
  void* larger = std::malloc(size);
  if (memory == nullptr || larger == nullptr) return larger;
  std::copy_n(static_cast<const char*>(memory), std::min(size, ::malloc_usable_size(memory)),
              static_cast<char*>(larger));
  wiping_free(memory);
  return larger;
}

char* copy_of(const char* text) noexcept {
  return ::strdup(text);
}

// CRYPTO_set_mem_functions(3): with the place of the call.
void* crypto_malloc(std::size_t size, const char*, int) noexcept {
  return size == 0 ? nullptr : std::malloc(size);
}
void* crypto_realloc(void* memory, std::size_t size, const char*, int) noexcept {
  if (size != 0) return wiping_realloc(memory, size);
  wiping_free(memory);
  return nullptr;
}
void crypto_free(void* memory, const char*, int) noexcept {
  wiping_free(memory);
}

void* allocate(std::size_t size) {
  if (void* memory = std::malloc(std::max<std::size_t>(size, 1))) return memory;
  throw std::bad_alloc();
}

}  // namespace

// The forms for arrays and without exceptions come back to these ([new.delete.single], [new.delete.array]).
void* operator new(std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  wiping_free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  wiping_free(memory);
}

namespace edgeseal::enroll {

void wipe_freed_memory() {
  if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
    throw std::runtime_error("libcrypto has been used before its memory was taken care of");
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, wiping_free, wiping_realloc, copy_of, std::calloc) !=
      CURLE_OK)
    throw std::runtime_error("libcurl can't be initialised");
}

}  // namespace edgeseal::enroll
