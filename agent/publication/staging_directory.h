#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "policy/unique_fd.h"

namespace edgeseal::agent {

class BackgroundWorker;

// A directory of directories that are being built and that nobody sees yet, and of those that nobody is to see any
// more. What a crash leaves in it is removed at the next start. Any thread, unless said otherwise.
class StagingDirectory : public std::enable_shared_from_this<StagingDirectory> {
 public:
  // Below `parent`. `remover`, which may be null, takes the time that removal takes. Throws std::system_error.
  static std::shared_ptr<StagingDirectory> open(int parent, const std::string& name, BackgroundWorker* remover);

  [[nodiscard]] int descriptor() const { return directory_.get(); }
  // A new directory with a name of its own, which is returned. Throws std::system_error.
  [[nodiscard]] std::string make(unsigned mode);
  // A name for what is moved here.
  [[nodiscard]] std::string unused_name();
  // With all that is in it, soon or at once. What can't be removed is logged, and left to the next start.
  void discard(const std::string& name) noexcept;
  // No remover from now on. Its owner's thread, before it goes.
  void detach();

 private:
  StagingDirectory(policy::UniqueFd directory, BackgroundWorker* remover)
      : directory_(std::move(directory)), remover_(remover) {}
  [[nodiscard]] bool discard_later(const std::string& name);
  void remove(const std::string& name) noexcept;

  policy::UniqueFd directory_;
  std::atomic<std::uint64_t> last_number_ = 0;
  std::mutex mutex_;  // guards remover_
  BackgroundWorker* remover_;
};

}  // namespace edgeseal::agent
