#pragma once

#include <cstddef>
#include <functional>
#include <list>

#include "tpm/loaded_key.h"

namespace edgeseal::tpm {

// The keys that are loaded, the most recently used one first. Small: chips have three slots, resource managers a few
// dozen.
class KeyCache {
 public:
  // `capacity` is at least 1.
  explicit KeyCache(std::size_t capacity) : capacity_(capacity) {}

  // The loaded key, by `load` if it is not there. Valid until the next call.
  [[nodiscard]] const LoadedKey& get(const KeyId& id, const std::function<LoadedKey()>& load);

  // Runs a command that takes a slot for itself. While the chip has none left, the least recently used key is unloaded
  // and the command tried again: other programs may hold slots too. With no key left to unload it throws Fault::busy.
  void with_free_slot(const std::function<void()>& command);

  void evict(const KeyId& id) noexcept;
  void clear() noexcept { entries_.clear(); }

 private:
  struct Entry {
    KeyId id;
    LoadedKey key;
  };

  std::size_t capacity_;
  std::list<Entry> entries_;
};

}  // namespace edgeseal::tpm
