// What is freed is overwritten: parsers and containers of libraries keep pieces of what they read in ordinary memory,
// the text of a token for instance, and free it as it is. Replaces operator delete for the whole program; operator new
// of libstdc++ is malloc() and aligned_alloc(). To be linked into the executable itself.

#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

namespace {

void wipe_and_free(void* memory) noexcept {
  if (memory != nullptr) explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void operator delete(void* memory) noexcept {
  wipe_and_free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  wipe_and_free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
  wipe_and_free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  wipe_and_free(memory);
}
