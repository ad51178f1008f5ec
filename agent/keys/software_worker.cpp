#include "agent/keys/software_worker.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "agent/by_itself.h"

namespace edgeseal::agent {

namespace {

constexpr unsigned min_threads = 2;  // the generation of a key does not hold up all signatures
constexpr unsigned max_threads = 4;
constexpr std::size_t small_for_loop = 1;
constexpr std::size_t stack_size = 256UL << 10;

unsigned threads_of(const SoftwareWorker::Limits& limits) {
  return limits.threads != 0 ? limits.threads
                             : std::clamp(std::thread::hardware_concurrency(), min_threads, max_threads);
}

// A thread inherits the mask: no handler ever runs on its stack, nor leaves registers elsewhere.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

SoftwareWorker::SoftwareWorker(EventLoop& loop, const Limits& limits)
    : loop_(loop), limits_(limits), threads_for_brief_(std::max(threads_of(limits), 2U) - 1), stack_(stack_size) {
  for (unsigned thread = threads_of(limits); thread > 0; --thread) stacks_.emplace_back(stack_size);
  const SignalsBlocked signals_blocked;
  try {
    for (auto& stack : stacks_) threads_.emplace_back([this, &stack] { stack.run([this] { serve(); }); });
  } catch (...) {
    end();
    throw;
  }
}

SoftwareWorker::~SoftwareWorker() {
  end();
  *alive_ = false;
}

void SoftwareWorker::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  threads_.clear();
}

void SoftwareWorker::enqueue(std::uint64_t client, TaskPtr task) {
  const Effort effort = task->effort();
  bool for_pool = true;
  {
    const std::lock_guard lock(mutex_);
    require_room(client);
    queue_of(effort).push(client, std::move(task));
    if (effort == Effort::small) for_pool = pool_has_room() && queue_of(effort).size() > small_for_loop;
    if (effort == Effort::medium) for_pool = pool_has_room() && !loop_takes_medium();
  }
  ++pending_;
  if (effort != Effort::large) help_soon();
  if (for_pool) wake_.notify_one();
}

void SoftwareWorker::require_room(std::uint64_t client) const {
  std::size_t waiting = 0, of_client = 0;
  for (const auto& queue : queues_) {
    waiting += queue.size();
    of_client += queue.waiting(client);
  }
  if (waiting >= limits_.queue)
    throw Error(Code::busy, fmt::format("{} requests for sealed keys wait already; try again later", limits_.queue));
  if (of_client >= limits_.queue_per_client)
    throw Error(Code::busy,
                fmt::format("{} requests of this client wait already; try again later", limits_.queue_per_client));
}

// One is left for a thread of the pool that is free, unless all of them are asleep.
bool SoftwareWorker::loop_takes_medium() {
  const std::size_t waiting = queue_of(Effort::medium).size();
  return !pool_has_room() || (working_ == 0 && waiting == 1 && queue_of(Effort::large).empty());
}

SoftwareWorker::TaskPtr SoftwareWorker::task_for_loop() {
  if (auto task = queue_of(Effort::small).pop()) return *std::move(task);
  auto& medium = queue_of(Effort::medium);
  return medium.size() > 1 || loop_takes_medium() ? medium.pop().value_or(nullptr) : nullptr;
}

SoftwareWorker::TaskPtr SoftwareWorker::task_for_pool() {
  const bool large_first = std::exchange(large_next_, !large_next_);
  for (const Effort effort : large_first ? std::array{Effort::large, Effort::small, Effort::medium}
                                         : std::array{Effort::small, Effort::medium, Effort::large})
    if (effort == Effort::large || pool_has_room())
      if (auto task = queue_of(effort).pop()) return *std::move(task);
  return nullptr;
}

// One task at a time: what became ready meanwhile goes first, and may be reason to wake the pool.
void SoftwareWorker::help_soon() {
  if (std::exchange(will_help_, true)) return;
  loop_.post([this, alive = alive_] {
    if (*alive) help();
  });
}

void SoftwareWorker::help() {
  will_help_ = false;
  TaskPtr task;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    task = task_for_loop();
    more = !queue_of(Effort::small).empty() || !queue_of(Effort::medium).empty();
  }
  if (task == nullptr) return more ? wake_.notify_one() : void();
  if (more) help_soon();
  stack_.run([&task] { task->run(); });
  answer(*task);
  if (pending_ == 0) loop_.expect_more();
}

void SoftwareWorker::deliver() {
  std::vector<TaskPtr> done;
  {
    const std::lock_guard lock(mutex_);
    done.swap(done_);
  }
  for (const TaskPtr& task : done) answer(*task);
}

void SoftwareWorker::answer(Task& task) {
  --pending_;
  by_itself("the answer to an operation", [&] { task.answer(); });
}

void SoftwareWorker::serve() {
  while (auto task = next_task()) {
    task->run();
    finish(std::move(task));
  }
}

SoftwareWorker::TaskPtr SoftwareWorker::next_task() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (ending_) return nullptr;
    if (auto task = task_for_pool()) {
      ++working_;
      if (task->effort() != Effort::large) ++brief_;
      return task;
    }
    wake_.wait(lock);
  }
}

// The loop is told once, however many are done before it looks.
void SoftwareWorker::finish(TaskPtr task) {
  const std::lock_guard lock(mutex_);
  --working_;
  if (task->effort() != Effort::large) --brief_;
  done_.push_back(std::move(task));
  if (done_.size() > 1) return;
  loop_.post([this, alive = alive_] {
    if (*alive) deliver();
  });
}

}  // namespace edgeseal::agent
