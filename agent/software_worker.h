#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "agent/answer.h"
#include "agent/event_loop.h"
#include "agent/fair_queue.h"

namespace edgeseal::agent {

// A small pool of threads that work with opened private keys: their stacks lie in the secret memory, and what libcrypto
// allocates in them too. The queue is bounded and fair between clients. Loop's thread, unless said otherwise.
class SoftwareWorker {
 public:
  struct Limits {
    unsigned threads = 0;      // 0: as many as the machine has processors, 4 at most
    std::size_t queue = 1024;  // waiting tasks in all
    std::size_t queue_per_client = 64;
  };

  SoftwareWorker(EventLoop& loop, const Limits& limits);
  // Waits for the tasks at hand; what still waits is never answered.
  ~SoftwareWorker();
  SoftwareWorker(const SoftwareWorker&) = delete;
  SoftwareWorker& operator=(const SoftwareWorker&) = delete;

  // `work` runs in one of the threads, `answer` in the loop, exactly once. What `work` throws is the answer. Throws
  // Error{busy} when the queue is full. `client`: whose turn it is, where several wait.
  template <class Result>
  void submit(std::uint64_t client, std::function<Result()> work, Answer<Result> answer);

  // Tasks that have not been answered yet.
  [[nodiscard]] std::size_t pending() const;
};

}  // namespace edgeseal::agent
