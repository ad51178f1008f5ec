#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "agent/answer.h"
#include "agent/event_loop.h"

namespace edgeseal::agent {

// One thread for what would hold up the loop and needs neither the TPM nor a private key: long lists, trees of files,
// signatures of strangers. One task at a time, in the order in which they came. Loop's thread, unless said otherwise.
class BackgroundWorker {
 public:
  static constexpr std::size_t max_waiting = 64;

  explicit BackgroundWorker(EventLoop& loop);
  ~BackgroundWorker() { end(); }
  BackgroundWorker(const BackgroundWorker&) = delete;
  BackgroundWorker& operator=(const BackgroundWorker&) = delete;

  // Waits for the task at hand; what still waits is never run, nothing is answered any more, and the queue is full.
  void end();
  // A member that stands behind what work uses: then work ends before that goes.
  class End {
   public:
    explicit End(BackgroundWorker& worker) : worker_(worker) {}
    ~End() { worker_.end(); }
    End(const End&) = delete;
    End& operator=(const End&) = delete;

   private:
    BackgroundWorker& worker_;
  };

  enum class Awaited { yes, no };  // by somebody outside: the agent ends when he has his answer

  // `work` runs in the thread, `answer` in the loop, exactly once, after this returns. What `work` throws is the
  // answer. Throws Error{busy} when the queue is full.
  template <class Result>
  void submit(std::function<Result()> work, Answer<Result> answer, Awaited awaited = Awaited::yes) {
    auto outcome = std::make_shared<std::optional<std::variant<Result, Error>>>();
    require(enqueue({[work = std::move(work), outcome] { *outcome = outcome_of(work); },
                     [answer = std::move(answer), outcome] { answer(*std::move(*outcome)); }, awaited}));
    if (awaited == Awaited::yes) ++pending_;
  }
  [[nodiscard]] std::size_t pending() const { return pending_; }  // answers that somebody waits for

  // For what nobody waits for. Any thread; false where the queue is full. What `work` throws is logged.
  [[nodiscard]] bool submit(std::function<void()> work);

 private:
  struct Task {
    std::function<void()> work;
    std::function<void()> answer;  // may be empty
    Awaited awaited = Awaited::no;
  };

  template <class Result>
  static std::variant<Result, Error> outcome_of(const std::function<Result()>& work) {
    try {
      return work();
    } catch (const Error& error) {
      return error;
    } catch (const std::exception& error) {
      return Error(Code::internal_error, error.what());
    }
  }

  static void require(bool enqueued);
  [[nodiscard]] bool enqueue(Task task);
  void serve();
  [[nodiscard]] std::optional<Task> next_task();
  void finish(Task task);

  EventLoop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once a posted answer must not come back
  std::size_t pending_ = 0;

  std::mutex mutex_;  // guards what follows, up to ending_
  std::condition_variable wake_;
  std::deque<Task> waiting_;
  bool ending_ = false;

  std::jthread thread_;  // last: it starts when everything else is there
};

}  // namespace edgeseal::agent
