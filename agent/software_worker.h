#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "agent/answer.h"
#include "agent/event_loop.h"
#include "agent/fair_queue.h"
#include "agent/secret_memory.h"

namespace edgeseal::agent {

// Works with opened private keys: the stacks lie in the secret memory, and so does what libcrypto allocates. A small
// pool of threads does so; brief tasks are taken by the loop's thread too, when nothing else is left to do there,
// because to wake another thread costs as much as a P-256 signature. The queue is bounded and fair between clients;
// brief tasks do not wait for lasting ones. Loop's thread, unless said otherwise.
class SoftwareWorker {
 public:
  enum class Effort {
    brief,   // half a millisecond at most
    lasting  // for the pool alone
  };

  struct Limits {
    unsigned threads = 0;      // 0: as many as the machine has processors, from 2 to 4
    std::size_t queue = 1024;  // waiting tasks in all
    std::size_t queue_per_client = 64;
  };

  // After secret_memory::install(); throws Error{internal_error} where their memory cannot be had.
  SoftwareWorker(EventLoop& loop, const Limits& limits);
  explicit SoftwareWorker(EventLoop& loop) : SoftwareWorker(loop, Limits{}) {}
  // Waits for the tasks at hand; what still waits is never answered.
  ~SoftwareWorker();
  SoftwareWorker(const SoftwareWorker&) = delete;
  SoftwareWorker& operator=(const SoftwareWorker&) = delete;

  // `work` runs, and is destroyed, on one of the stacks; `answer` runs in the loop, exactly once, after this returns.
  // What `work` throws is the answer. Throws Error{busy} when the queue is full. `client`: whose turn it is, where
  // several wait.
  template <class Result>
  void submit(std::uint64_t client, Effort effort, std::function<Result()> work, Answer<Result> answer) {
    enqueue(client, effort, std::make_unique<TaskOf<Result>>(std::move(work), std::move(answer)));
  }

  // Tasks that have not been answered yet.
  [[nodiscard]] std::size_t pending() const { return pending_; }

 private:
  class Task {
   public:
    virtual ~Task() = default;
    virtual void run() noexcept = 0;  // on one of the stacks
    virtual void answer() = 0;
  };
  template <class Result>
  class TaskOf;

  using TaskPtr = std::unique_ptr<Task>;

  void enqueue(std::uint64_t client, Effort effort, TaskPtr task);
  void require_room(std::uint64_t client) const;
  void help();
  void deliver();
  void answer(Task& task);
  void end();

  // The threads.
  void serve();
  [[nodiscard]] TaskPtr next_task();
  void finish(TaskPtr task);

  EventLoop& loop_;
  const Limits limits_;
  std::size_t pending_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once a posted delivery must not come back

  std::mutex mutex_;  // guards what follows, up to ending_
  std::condition_variable wake_;
  FairQueue<TaskPtr> brief_, lasting_;
  bool lasting_next_ = false;  // they take turns
  std::vector<TaskPtr> done_;
  bool ending_ = false;

  EventLoop::Source idle_;
  secret_memory::Stack stack_;  // of help()
  std::list<secret_memory::Stack> stacks_;
  std::vector<std::jthread> threads_;  // last: they start when everything else is there
};

template <class Result>
class SoftwareWorker::TaskOf final : public Task {
 public:
  TaskOf(std::function<Result()> work, Answer<Result> answer) : work_(std::move(work)), answer_(std::move(answer)) {}

  void run() noexcept override {
    try {
      outcome_.emplace(work_());
    } catch (const Error& error) {
      outcome_.emplace(error);
    } catch (const std::exception& error) {
      outcome_.emplace(Error(Code::internal_error, error.what()));
    }
    work_ = nullptr;  // with the secrets that it holds
  }
  void answer() override { answer_(*std::move(outcome_)); }

 private:
  std::function<Result()> work_;
  Answer<Result> answer_;
  std::optional<std::variant<Result, Error>> outcome_;
};

}  // namespace edgeseal::agent
