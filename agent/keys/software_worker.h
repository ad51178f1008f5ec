#pragma once

#include <array>
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
#include "agent/keys/secret_memory.h"

namespace edgeseal::agent {

// Works with opened private keys: the stacks lie in the secret memory, and so does what libcrypto allocates. A small
// pool of threads does so, and the loop's thread too, between its events: to wake another thread
// costs as much as a P-256 signature. The queue is bounded and fair between clients of the same kind of task. Loop's
// thread, unless said otherwise.
class SoftwareWorker {
 public:
  enum class Effort {
    small,   // less than to wake a thread: the loop's, unless many wait
    medium,  // less than a millisecond: the loop's too, where the pool has no thread for it or it is the only one
    large    // the pool's
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
    enqueue(client, std::make_unique<TaskOf<Result>>(effort, std::move(work), std::move(answer)));
  }

  // Tasks that have not been answered yet.
  [[nodiscard]] std::size_t pending() const { return pending_; }

 private:
  class Task {
   public:
    explicit Task(Effort effort) : effort_(effort) {}
    virtual ~Task() = default;
    [[nodiscard]] Effort effort() const { return effort_; }
    virtual void run() noexcept = 0;  // on one of the stacks
    virtual void answer() = 0;

   private:
    const Effort effort_;
  };
  template <class Result>
  class TaskOf;

  using TaskPtr = std::unique_ptr<Task>;

  void enqueue(std::uint64_t client, TaskPtr task);
  void help_soon();
  void help();
  void deliver();
  void answer(Task& task);
  void end();

  // With the lock held.
  void require_room(std::uint64_t client) const;
  [[nodiscard]] FairQueue<TaskPtr>& queue_of(Effort effort) { return queues_[static_cast<std::size_t>(effort)]; }
  [[nodiscard]] bool pool_has_room() const { return brief_ < threads_for_brief_; }
  [[nodiscard]] bool loop_takes_medium();
  [[nodiscard]] TaskPtr task_for_loop();
  [[nodiscard]] TaskPtr task_for_pool();

  // The threads.
  void serve();
  [[nodiscard]] TaskPtr next_task();
  void finish(TaskPtr task);

  EventLoop& loop_;
  const Limits limits_;
  const std::size_t threads_for_brief_;  // tasks that are not large: the loop has one processor
  std::size_t pending_ = 0;
  bool will_help_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once a posted delivery must not come back

  std::mutex mutex_;  // guards what follows, up to ending_
  std::condition_variable wake_;
  std::array<FairQueue<TaskPtr>, 3> queues_;  // by effort
  std::size_t working_ = 0, brief_ = 0;       // threads: with a task; of these with one that is not large
  bool large_next_ = false;                   // large tasks take turns with the others
  std::vector<TaskPtr> done_;
  bool ending_ = false;

  secret_memory::Stack stack_;  // of help()
  std::list<secret_memory::Stack> stacks_;
  std::vector<std::jthread> threads_;  // last: they start when everything else is there
};

template <class Result>
class SoftwareWorker::TaskOf final : public Task {
 public:
  TaskOf(Effort effort, std::function<Result()> work, Answer<Result> answer)
      : Task(effort), work_(std::move(work)), answer_(std::move(answer)) {}

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
