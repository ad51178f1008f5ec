#pragma once

#include <array>
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

enum class TpmHealth { absent, ready, busy, slow, locked_out, replaced, degraded };

[[nodiscard]] std::string_view health_name(TpmHealth health);
// It does what it is asked for, be it slowly: after a lockout the first use of a slow chip tells that at once.
[[nodiscard]] constexpr bool is_well(TpmHealth health) {
  return health == TpmHealth::ready || health == TpmHealth::slow;
}

struct TpmState {
  TpmHealth health = TpmHealth::absent;
  std::string detail = "the TPM has not been opened yet";
  bool awaited = true;  // it is being opened for the first time
  tpm::TpmFacts facts;  // empty until it was ready once
};

// The thread that owns the TPM. Tasks are queued from the event loop, run one after the other, and their results come
// back in the event loop. The queue is bounded, fair between clients, and serves the use of keys before sealing, and
// that before creation; none of them starves. A task that is not done by its deadline is answered Busy, with a hint
// when to try again, whatever the chip does. The device is opened by the thread itself and opened again after a failure
// of the TSS layer; the task at hand is then repeated once. An idle worker wakes up while the chip is not well, to find
// out when it is again, and else only for Limits::idle.
class TpmWorker {
 public:
  using Opener = std::function<std::unique_ptr<tpm::KeyDevice>()>;

  struct Limits {
    std::size_t queue = 1024;  // waiting tasks in all
    std::size_t queue_per_client = 64;
    std::chrono::milliseconds reopen_pause{1000};  // doubled up to 32 times as long while the TPM is away or not well
    std::chrono::milliseconds slow{2000};          // a use that takes longer on average makes the chip `slow`
    // A chip that nobody uses is sent a command so often: with each, Linux's resource manager saves our sessions anew.
    // One that it keeps saved for too long keeps everybody from new ones (TPM_RC_CONTEXT_GAP).
    std::chrono::milliseconds idle = std::chrono::minutes(10);
  };

  // Sign and decrypt; seal and unseal; make keys and all that is rare and long.
  enum class Priority { use, seal, create };
  static constexpr std::size_t priorities = 3;

  static constexpr std::uint64_t own_work = ~std::uint64_t{0};  // no user has this number

  struct Ticket {
    Priority priority = Priority::use;
    std::uint64_t client = own_work;  // whose turn it is, where several wait
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

  // Before the next task, whatever the queue holds: for what a device has to know. The opener tells it to later
  // devices.
  void renew(std::function<void(tpm::KeyDevice&)> setting);

  // Like submit, for what nobody waits for: dropped where the queue is full.
  void submit_quietly(std::function<void(tpm::KeyDevice&)> work);

 private:
  using Work = std::function<void(tpm::KeyDevice&)>;
  using Done = std::function<void(const std::optional<Error>&)>;
  using TaskId = std::uint64_t;

  struct Job {
    Job(Work what, Priority which) : work(std::move(what)), priority(which) {}
    const Work work;
    const Priority priority;
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
  [[nodiscard]] std::chrono::milliseconds expected_wait() const;  // of one more task
  void finish(TaskId id, const std::optional<Error>& error);
  void expire();
  void arm_timer(EventLoop::Time deadline);

  // The worker's thread.
  void serve();
  [[nodiscard]] std::optional<Task> next_task();
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] std::size_t next_queue() const;
  [[nodiscard]] bool is_well() const;
  void attend();
  [[nodiscard]] std::optional<Error> perform(const Task& task);
  void note_duration(std::chrono::steady_clock::duration taken, Priority priority);
  void note_fault(const tpm::Error& error);
  [[nodiscard]] bool ensure_open();
  void apply_setting();
  void put_off();
  void publish(TpmHealth health, std::string detail);

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
  std::chrono::steady_clock::time_point retry_at_{};
  std::chrono::steady_clock::duration average_use_{0};
  std::atomic<std::chrono::milliseconds::rep> average_task_{0};  // for the loop's thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::array<FairQueue<Task>, priorities> queues_;  // by Priority
  std::array<unsigned, priorities> passed_over_{};  // tasks of other queues since this one, not empty, was served
  Work setting_;                                    // of renew(), not done yet
  bool ending_ = false;
  bool ended_ = false;

  std::thread thread_;  // last: starts when everything else is there
};

// Of what the agent seals and counts itself.
inline constexpr TpmWorker::Ticket own_ticket{TpmWorker::Priority::seal, TpmWorker::own_work, std::chrono::minutes(1)};

}  // namespace edgeseal::agent
