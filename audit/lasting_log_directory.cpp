#include "audit/lasting_log_directory.h"

#include <algorithm>

#include "audit/error.h"

namespace edgeseal::audit {

void LastingLogDirectory::append(const std::string& name, std::string_view content) {
  const bool known = [&] {
    const std::lock_guard lock(mutex_);
    return unsynced_.contains(name);
  }();
  const std::size_t begin = known ? 0 : directory_->size(name);
  directory_->append(name, content);
  const std::lock_guard lock(mutex_);
  unsynced_.try_emplace(name, Unsynced{begin}).first->second.content += content;
}

void LastingLogDirectory::rewrite(const std::string& name, std::size_t offset, std::string_view content) {
  directory_->rewrite(name, offset, content);
}

void LastingLogDirectory::truncate(const std::string& name, std::size_t size) {
  directory_->truncate(name, size);
  const std::lock_guard lock(mutex_);
  const auto found = unsynced_.find(name);
  if (found == unsynced_.end() || found->second.end() <= size) return;
  found->second.begin = std::min(found->second.begin, size);
  found->second.content.resize(size - found->second.begin);
}

void LastingLogDirectory::remove(const std::string& name) {
  directory_->remove(name);
  const std::lock_guard lock(mutex_);
  unsynced_.erase(name);
}

void LastingLogDirectory::sync(const std::string& name) {
  const std::lock_guard one_at_a_time(syncing_);
  const Unsynced before = unsynced(name);
  try {
    if (before.failed) directory_->rewrite(name, before.begin, before.content);
    directory_->sync(name);
  } catch (const Error&) {
    const std::lock_guard lock(mutex_);
    const auto found = unsynced_.find(name);
    if (found != unsynced_.end()) found->second.failed = true;
    throw;
  }
  const std::lock_guard lock(mutex_);
  const auto found = unsynced_.find(name);
  if (found == unsynced_.end()) return;
  Unsynced& now = found->second;
  now.content.erase(0, std::min(before.content.size(), now.content.size()));
  now.begin += before.content.size();
  now.failed = false;
}

LastingLogDirectory::Unsynced LastingLogDirectory::unsynced(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = unsynced_.find(name);
  return found == unsynced_.end() ? Unsynced{} : found->second;
}

}  // namespace edgeseal::audit
