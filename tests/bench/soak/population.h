#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "tests/bench/soak/tally.h"

namespace edgeseal::bench {

// Programs of one account, as many as it likes, in a process of its own that ends with this one.
class Population {
 public:
  struct Life {
    Tally& tally;
    const std::atomic<bool>& over;  // begin nothing more, wait for what is in work, return
  };

  // `live` runs in the process, as the account. Needs root for other accounts than one's own.
  Population(std::string name, uid_t account, const std::function<void(const Life&)>& live);
  Population(const Population&) = delete;
  Population& operator=(const Population&) = delete;
  ~Population();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] uid_t account() const { return account_; }
  [[nodiscard]] const Tally& tally() const { return shared_->tally; }
  void tell_over() { shared_->over = true; }
  // Waits until the process has returned. Throws std::runtime_error where it failed.
  void join();

 private:
  struct Shared {
    Tally tally;
    std::atomic<bool> over = false;
  };
  struct Unmap {
    void operator()(Shared* shared) const;
  };

  const std::string name_;
  const uid_t account_;
  const std::unique_ptr<Shared, Unmap> shared_;
  pid_t process_ = -1;
};

}  // namespace edgeseal::bench
