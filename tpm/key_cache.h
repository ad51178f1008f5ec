#pragma once

#include <cstddef>
#include <functional>
#include <list>

#include "tpm/loaded_key.h"

namespace edgeseal::tpm {

// How many objects, keys and what commands load for themselves, are loaded beside the storage key at most.
[[nodiscard]] std::size_t cache_capacity(const TpmFacts& facts);

// The keys that are loaded, the most recently used one first. Small: see cache_capacity().
class KeyCache {
 public:
  // `capacity` is at least 1.
  explicit KeyCache(std::size_t capacity) : capacity_(capacity) {}

  // The loaded key, by `load` if it is not there. Valid until the next call.
  [[nodiscard]] const LoadedKey& get(const KeyId& id, const std::function<LoadedKey()>& load);

  // Runs a command that takes `slots` for itself. The least recently used keys are unloaded until there is room for
  // them; while the chip has none left all the same, because other programs hold slots too, one more goes and the
  // command is tried again. With no key left to unload it throws Fault::busy.
  void with_free_slots(std::size_t slots, const std::function<void()>& command);

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
