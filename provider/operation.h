#pragma once

#include "provider/errors.h"
#include "provider/libcrypto.h"

namespace edgeseal::provider {

// What the tables of all operations have alike.

template <typename Object>
void free_object(void* object) noexcept {
  if (object != nullptr) Destroy{}(static_cast<Object*>(object));
}

template <typename Operation>
void* duplicate_operation(void* operation) noexcept {
  return static_cast<Operation*>(operation)->duplicate().release();
}

// False, with an error raised, where the program gave too little for the largest answer.
[[nodiscard]] inline bool has_room(std::size_t largest, std::size_t capacity) noexcept {
  if (capacity >= largest) return true;
  raise_error(Reason::buffer_too_small, "%zu bytes where up to %zu are needed", capacity, largest);
  return false;
}

}  // namespace edgeseal::provider
