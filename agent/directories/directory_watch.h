#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/directories/guarded_directory.h"
#include "agent/event_loop.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// Tells of changes in guarded directories, of exchanged or changed directories above them, and of mounts: inotify(7)
// and /proc/self/mountinfo. What it can't see - a write through a mapping, a full table of watches - a sweep finds.
// Loop's thread.
class DirectoryWatch {
 public:
  // Something has changed in, at or above the guarded directory with this path; empty: anything may have changed.
  using Changed = std::function<void(const std::string& path)>;

  DirectoryWatch(EventLoop& loop, Changed changed);

  // Watches what the directory is to hold and what is there, from now on, in the place of what it watched for it
  // before. Files by themselves, too, where they are not more than `max_files`: a change by another hard link is seen
  // then. False where not all of it could be watched: for want of watches, or of the right to read a directory.
  bool watch(const GuardedDirectory& directory);
  void forget(const std::string& path);

 private:
  static constexpr std::size_t max_files = 512;

  struct Interest {
    std::string path;  // of the guarded directory
    std::string only;  // the name on the way to it, for a directory above it; empty: whatever changes
  };
  [[nodiscard]] bool add(int descriptor, std::uint32_t mask, const Interest& interest);
  [[nodiscard]] bool watch_above(const std::string& path);
  [[nodiscard]] bool watch_name(const std::string& path);
  [[nodiscard]] bool watch_contents(const GuardedDirectory& directory);
  void read_events();
  void take(int watch, std::uint32_t mask, const std::string& name);

  const Changed changed_;
  policy::UniqueFd inotify_, mounts_;
  std::map<int, std::vector<Interest>> interests_;  // by watch descriptor
  EventLoop::Source inotify_source_, mounts_source_;
};

}  // namespace edgeseal::agent
