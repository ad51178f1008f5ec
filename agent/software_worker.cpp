#include "agent/software_worker.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

constexpr unsigned min_threads = 2;  // the generation of a key does not hold up all signatures
constexpr unsigned max_threads = 4;
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
    : loop_(loop), limits_(limits), idle_(loop.add_idle([this] { help(); })), stack_(stack_size) {
  for (unsigned thread = threads_of(limits); thread > 0; --thread) stacks_.emplace_back(stack_size);
  const SignalsBlocked signals_blocked;
  try {
    for (const auto& stack : stacks_) threads_.emplace_back([this, &stack] { stack.run([this] { serve(); }); });
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

void SoftwareWorker::enqueue(std::uint64_t client, Effort effort, TaskPtr task) {
  bool for_the_pool = true;
  {
    const std::lock_guard lock(mutex_);
    require_room(client);
    (effort == Effort::brief ? brief_ : lasting_).push(client, std::move(task));
    for_the_pool = effort == Effort::lasting || brief_.size() > 1;
  }
  ++pending_;
  if (effort == Effort::brief) idle_.arm();
  if (for_the_pool) wake_.notify_one();
}

// With the lock held.
void SoftwareWorker::require_room(std::uint64_t client) const {
  if (brief_.size() + lasting_.size() >= limits_.queue)
    throw Error(Code::busy, fmt::format("{} requests for sealed keys wait already; try again later", limits_.queue));
  if (brief_.waiting(client) + lasting_.waiting(client) >= limits_.queue_per_client)
    throw Error(Code::busy,
                fmt::format("{} requests of this client wait already; try again later", limits_.queue_per_client));
}

// One at a time: what the loop is asked meanwhile goes first.
void SoftwareWorker::help() {
  std::optional<TaskPtr> task;
  {
    const std::lock_guard lock(mutex_);
    task = brief_.pop();
    if (!brief_.empty()) idle_.arm();
  }
  if (!task) return;
  stack_.run([&task] {
    const secret_memory::Scope scope;
    (*task)->run();
  });
  answer(**task);
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
  try {
    task.answer();
  } catch (const std::exception& error) {
    log(Level::error, Event::internal_error, std::string("the answer to an operation failed: ") + error.what());
  }
}

void SoftwareWorker::serve() {
  const secret_memory::Scope scope;
  while (auto task = next_task()) {
    task->run();
    finish(std::move(task));
  }
}

SoftwareWorker::TaskPtr SoftwareWorker::next_task() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return ending_ || !brief_.empty() || !lasting_.empty(); });
  if (ending_) return nullptr;
  lasting_next_ = brief_.empty() || (lasting_next_ && !lasting_.empty());
  FairQueue<TaskPtr>& queue = lasting_next_ ? lasting_ : brief_;
  lasting_next_ = !lasting_next_;
  return *queue.pop();
}

// The loop is told once, however many are done before it looks.
void SoftwareWorker::finish(TaskPtr task) {
  const std::lock_guard lock(mutex_);
  done_.push_back(std::move(task));
  if (done_.size() > 1) return;
  loop_.post([this, alive = alive_] {
    if (*alive) deliver();
  });
}

}  // namespace edgeseal::agent
