#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "agent/answer.h"
#include "agent/error.h"
#include "agent/event_loop.h"
#include "agent/fair_queue.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

enum class TpmHealth { absent, ready, busy, locked_out, replaced, degraded };

[[nodiscard]] std::string_view health_name(TpmHealth health);

struct TpmState {
  TpmHealth health = TpmHealth::absent;
  std::string detail = "the TPM has not been opened yet";
  tpm::TpmFacts facts;  // empty until it was ready once
};

// The thread that owns the TPM. Tasks are queued from the event loop, run one after the other, and their results come
// back in the event loop. The queue is bounded, fair between clients, and serves the use of keys before their creation.
// A task that is not done by its deadline is answered Busy, whatever the chip does. The device is opened by the thread
// itself and opened again after a failure of the TSS layer; the task at hand is then repeated once.
class TpmWorker {
 public:
  using Opener = std::function<std::unique_ptr<tpm::KeyDevice>()>;

  struct Limits {
    std::size_t queue = 1024;  // waiting tasks in all
    std::size_t queue_per_client = 64;
    std::chrono::milliseconds reopen_pause{1000};  // doubled up to 32 times as long while the TPM is away
  };

  enum class Priority { use, create };

  struct Ticket {
    Priority priority = Priority::use;
    std::uint64_t client = 0;  // whose turn it is, where several wait
    std::chrono::milliseconds time_limit{10000};
  };

  // `opener` runs in the worker's thread; it reads nothing that belongs to the loop. `changed` runs in the loop.
  TpmWorker(EventLoop& loop, Opener opener, std::function<void()> changed, const Limits& limits);
  TpmWorker(EventLoop& loop, Opener opener, std::function<void()> changed)
      : TpmWorker(loop, std::move(opener), std::move(changed), Limits{}) {}
  // Waits for the task at hand; what still waits is never answered.
  ~TpmWorker();
  // Tells the thread to end and waits so long: false when the chip does not come back from its command.
  [[nodiscard]] bool stop(std::chrono::milliseconds limit);
  TpmWorker(const TpmWorker&) = delete;
  TpmWorker& operator=(const TpmWorker&) = delete;

  [[nodiscard]] const TpmState& state() const { return state_; }
  // Tasks that have not been answered yet.
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

  // `work` runs in the worker's thread; `answer` in the loop, exactly once. Throws Error{busy} when the queue is full.
  template <class Result>
  void submit(const Ticket& ticket, std::function<Result(tpm::KeyDevice&)> work, Answer<Result> answer) {
    auto result = std::make_shared<std::optional<Result>>();
    enqueue(
        ticket, [work = std::move(work), result](tpm::KeyDevice& device) { result->emplace(work(device)); },
        [answer = std::move(answer), result](const std::optional<Error>& error) {
          if (error)
            answer(*error);
          else
            answer(std::move(**result));
        });
  }

  // Like submit, for what nobody waits for: dropped where the queue is full.
  void submit_quietly(std::function<void(tpm::KeyDevice&)> work);

 private:
  using Work = std::function<void(tpm::KeyDevice&)>;
  using Done = std::function<void(const std::optional<Error>&)>;
  using TaskId = std::uint64_t;

  struct Job {
    explicit Job(Work what) : work(std::move(what)) {}
    const Work work;
    std::atomic<bool> abandoned = false;  // nobody waits any more: not worth a TPM command
  };
  struct Task {
    TaskId id = 0;
    std::shared_ptr<Job> job;
  };
  struct Waiting {
    Done done;
    EventLoop::Time deadline;
    std::shared_ptr<Job> job;
  };

  void enqueue(const Ticket& ticket, Work work, Done done);
  void finish(TaskId id, const std::optional<Error>& error);
  void expire();
  void arm_timer(EventLoop::Time deadline);

  // The worker's thread.
  void serve();
  [[nodiscard]] std::optional<Task> next_task();
  [[nodiscard]] std::optional<Error> perform(const Task& task);
  [[nodiscard]] bool ensure_open();
  void publish(TpmState state);

  EventLoop& loop_;
  const Opener opener_;
  const std::function<void()> changed_;
  const Limits limits_;

  // The loop's thread.
  TpmState state_;
  TaskId last_id_ = 0;
  std::map<TaskId, Waiting> pending_;
  EventLoop::Source timer_;
  std::optional<EventLoop::Time> armed_;                        // never later than the earliest deadline
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once a posted task must not come back

  // The worker's thread.
  std::unique_ptr<tpm::KeyDevice> device_;
  TpmState published_;
  std::chrono::milliseconds pause_{0};
  unsigned uses_in_a_row_ = 0;
  std::chrono::steady_clock::time_point retry_at_{};

  std::mutex mutex_;  // guards the queues, ending_ and ended_
  std::condition_variable wake_;
  FairQueue<Task> uses_, creations_;
  bool ending_ = false;
  bool ended_ = false;

  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace edgeseal::agent
