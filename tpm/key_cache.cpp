#include "tpm/key_cache.h"

#include <algorithm>
#include <optional>

namespace edgeseal::tpm {

const LoadedKey& KeyCache::get(const KeyId& id, const std::function<LoadedKey()>& load) {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().key;
  }
  while (entries_.size() >= capacity_) entries_.pop_back();
  with_free_slot([&] { entries_.push_front(Entry{id, load()}); });
  return entries_.front().key;
}

void KeyCache::with_free_slot(const std::function<void()>& command) {
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
