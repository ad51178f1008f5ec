#include "agent/publication/staging_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "agent/background_worker.h"
#include "agent/directories/directory.h"
#include "agent/journal.h"

namespace edgeseal::agent {

std::shared_ptr<StagingDirectory> StagingDirectory::open(int parent, const std::string& name,
                                                         BackgroundWorker* remover) {
  const std::shared_ptr<StagingDirectory> staging(new StagingDirectory(make_directory(parent, name, 0700), remover));
  for (const std::string& left_over : entries_of(staging->descriptor())) staging->discard(left_over);
  return staging;
}

std::string StagingDirectory::make(unsigned mode) {
  std::string name = unused_name();
  if (::mkdirat(descriptor(), name.c_str(), mode) != 0)
    throw std::system_error(errno, std::generic_category(), "make a staging directory");
  return name;
}

// What an earlier run of the agent left keeps its number for as long as it takes to remove it.
std::string StagingDirectory::unused_name() {
  for (;;) {
    std::string name = std::to_string(++last_number_);
    if (::faccessat(descriptor(), name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0) return name;
  }
}

void StagingDirectory::discard(const std::string& name) noexcept {
  if (!discard_later(name)) remove(name);
}

bool StagingDirectory::discard_later(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return remover_ != nullptr && remover_->submit([self = shared_from_this(), name] { self->remove(name); });
}

void StagingDirectory::detach() {
  const std::lock_guard lock(mutex_);
  remover_ = nullptr;
}

void StagingDirectory::remove(const std::string& name) noexcept {
  try {
    remove_tree(descriptor(), name);
  } catch (const std::exception& error) {
    log(Level::warning, Event::disk_trouble,
        fmt::format("a generation that nobody sees any more stays: {}", error.what()));
  }
}

}  // namespace edgeseal::agent
