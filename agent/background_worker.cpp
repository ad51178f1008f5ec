#include "agent/background_worker.h"

#include <fmt/format.h>
#include <signal.h>

#include "agent/by_itself.h"

namespace edgeseal::agent {

namespace {

// Signals are the loop's, also those that it begins to wait for after this thread has started.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

void attempt(const std::function<void()>& step) {
  by_itself("work in the background", step);
}

}  // namespace

BackgroundWorker::BackgroundWorker(EventLoop& loop)
    : loop_(loop), thread_([this] {
        block_signals();
        serve();
      }) {}

void BackgroundWorker::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  *alive_ = false;
}

bool BackgroundWorker::submit(std::function<void()> work) {
  return enqueue({[work = std::move(work)] { attempt(work); }, nullptr, Awaited::no});
}

void BackgroundWorker::require(bool enqueued) {
  if (!enqueued)
    throw Error(Code::busy,
                fmt::format("{} pieces of work wait in the background already; try again later", max_waiting));
}

bool BackgroundWorker::enqueue(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || waiting_.size() >= max_waiting) return false;
    waiting_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void BackgroundWorker::serve() {
  while (auto task = next_task()) {
    task->work();
    task->work = nullptr;  // with what it holds, before the answer tells that it is done
    if (task->answer) finish(*std::move(task));
  }
}

std::optional<BackgroundWorker::Task> BackgroundWorker::next_task() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
  if (ending_) return std::nullopt;
  Task task = std::move(waiting_.front());
  waiting_.pop_front();
  return task;
}

void BackgroundWorker::finish(Task task) {
  loop_.post([this, answer = std::move(task.answer), awaited = task.awaited, alive = alive_] {
    if (!*alive) return;
    if (awaited == Awaited::yes) --pending_;
    attempt(answer);
  });
}

}  // namespace edgeseal::agent
