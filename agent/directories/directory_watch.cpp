#include "agent/directories/directory_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "agent/error.h"
#include "policy/directory_entry.h"
#include "policy/file_facts.h"
#include "policy/path_components.h"

namespace edgeseal::agent {

namespace {

constexpr std::uint32_t inside = IN_ATTRIB | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_MASK_ADD;
constexpr std::uint32_t above = IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                                IN_MOVE_SELF | IN_MASK_ADD | IN_ONLYDIR;
constexpr std::uint32_t file_itself = IN_ATTRIB | IN_MODIFY | IN_MASK_ADD;
constexpr int reads_at_once = 16;  // then the loop goes on with what else is ready

policy::UniqueFd require_descriptor(int descriptor, const char* what) {
  if (descriptor < 0) throw Error(Code::internal_error, fmt::format("{}: {}", what, std::strerror(errno)));
  return policy::UniqueFd(descriptor);
}

// In /tmp something happens all the time. What is ours there tells by itself that it was moved or changed.
bool is_busy(const policy::DirectoryEntry& directory) {
  return (directory.status.st_mode & S_ISVTX) != 0;
}

}  // namespace

DirectoryWatch::DirectoryWatch(EventLoop& loop, Changed changed)
    : changed_(std::move(changed)),
      inotify_(require_descriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify")),
      mounts_(require_descriptor(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), "/proc/self/mountinfo")),
      inotify_source_(loop.add_io(inotify_.get(), EPOLLIN, [this](std::uint32_t) { read_events(); })),
      mounts_source_(loop.add_io(mounts_.get(), EPOLLPRI, [this](std::uint32_t) { changed_(""); })) {}

bool DirectoryWatch::watch(const GuardedDirectory& directory) {
  forget(directory.path);
  const bool reached = directory.first ? watch_above(directory.path) : watch_name(directory.path);
  const bool complete = watch_contents(directory) && reached;
  for (auto entry = interests_.begin(); entry != interests_.end();) {
    if (entry->second.empty()) {
      ::inotify_rm_watch(inotify_.get(), entry->first);
      entry = interests_.erase(entry);
    } else {
      ++entry;
    }
  }
  return complete;
}

// The watches stay until the next watch(): most of them are wanted again.
void DirectoryWatch::forget(const std::string& path) {
  for (auto& [unused, interests] : interests_)
    std::erase_if(interests, [&](const Interest& interest) { return interest.path == path; });
}

// By the magic link: what is watched is what was opened, whatever has its name meanwhile. What may not be read is left
// to the sweeps.
bool DirectoryWatch::add(int descriptor, std::uint32_t mask, const Interest& interest) {
  const int watch = ::inotify_add_watch(inotify_.get(), policy::descriptor_path(descriptor).c_str(), mask);
  if (watch < 0) return errno != ENOSPC && errno != ENOMEM;
  interests_[watch].push_back(interest);
  return true;
}

bool DirectoryWatch::watch_above(const std::string& path) {
  policy::DirectoryEntry entry = policy::open_absolute("/");
  bool complete = true;
  for (const std::string& name : policy::components_of(path)) {
    if (!entry.is_directory()) break;
    if (!is_busy(entry)) complete = add(entry.fd.get(), above, {path, name}) && complete;
    entry = policy::open_component(entry.fd.get(), name);
  }
  return complete;
}

// A directory that is open somewhere tells nothing of its removal by itself.
bool DirectoryWatch::watch_name(const std::string& path) {
  const auto slash = path.rfind('/');
  const policy::DirectoryEntry parent = policy::open_absolute(path.substr(0, slash));
  return !parent.is_directory() || add(parent.fd.get(), above, {path, path.substr(slash + 1)});
}

bool DirectoryWatch::watch_contents(const GuardedDirectory& directory) {
  const policy::DirectoryEntry top = policy::open_absolute(directory.path);
  if (!top.is_directory()) return true;
  const Interest interest{directory.path, ""};
  bool complete = add(top.fd.get(), inside, interest);
  const auto add_entry = [&](const std::string& path, std::uint32_t mask) {
    const policy::DirectoryEntry entry = policy::open_entry(top.fd.get(), path);
    if (entry.is_directory() || entry.is_file()) complete = add(entry.fd.get(), mask, interest) && complete;
  };
  for (const std::string& path : directory.rules->directories) add_entry(path, inside);
  if (directory.rules->files.size() <= max_files)
    for (const auto& [path, unused] : directory.rules->files) add_entry(path, file_itself);
  return complete;
}

void DirectoryWatch::read_events() {
  alignas(inotify_event) std::array<char, 65536> buffer;
  for (int round = 0; round < reads_at_once; ++round) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      take(event.wd, event.mask, event.len == 0 ? "" : at + sizeof event);
      at += sizeof event + event.len;
    }
  }
}

void DirectoryWatch::take(int watch, std::uint32_t mask, const std::string& name) {
  if ((mask & IN_Q_OVERFLOW) != 0) return changed_("");
  const auto found = interests_.find(watch);
  if (found == interests_.end()) return;
  for (const Interest& interest : found->second)
    if (interest.only.empty() || name.empty() || name == interest.only) changed_(interest.path);
  if ((mask & IN_IGNORED) != 0) interests_.erase(found);
}

}  // namespace edgeseal::agent
