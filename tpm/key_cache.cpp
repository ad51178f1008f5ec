#include "tpm/key_cache.h"

#include <algorithm>
#include <optional>

namespace edgeseal::tpm {

// A slot of the chip is for the primary storage key or, if that is persistent, for the copy that is loaded while it is
// used. Of who opens /dev/tpmrm0 the kernel keeps three objects, whatever the chip has room for, and answers a fourth
// one like a broken chip (context_tbl in drivers/char/tpm/tpm2-space.c).
std::size_t cache_capacity(const TpmFacts& facts) {
  constexpr std::uint32_t most_objects = 3;
  const bool has_primary = facts.storage_key_handle == 0;
  const std::uint32_t in_chip = std::max(facts.transient_slots, 2U) - 1;
  return std::min(in_chip, has_primary ? most_objects - 1 : most_objects);
}

const LoadedKey& KeyCache::get(const KeyId& id, const std::function<LoadedKey()>& load) {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().key;
  }
  with_free_slots(1, [&] { entries_.push_front(Entry{id, load()}); });
  return entries_.front().key;
}

void KeyCache::with_free_slots(std::size_t slots, const std::function<void()>& command) {
  while (!entries_.empty() && entries_.size() + slots > capacity_) entries_.pop_back();
  for (;;) {
    try {
      return command();
    } catch (const Error& error) {
      if (!out_of_objects(error.rc())) throw;
      if (entries_.empty()) throw full_chip(error);
      entries_.pop_back();
    }
  }
}

void KeyCache::evict(const KeyId& id) noexcept {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.id == id; });
}

}  // namespace edgeseal::tpm
