#include "agent/tpm_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// Under a load that never ends a new key waits for so many uses of others, and no longer: renewal must not starve.
constexpr unsigned uses_before_creation = 100;

TpmHealth health_of(tpm::Fault fault) {
  switch (fault) {
    case tpm::Fault::absent: return TpmHealth::absent;
    case tpm::Fault::busy: return TpmHealth::busy;
    case tpm::Fault::locked_out: return TpmHealth::locked_out;
    case tpm::Fault::replaced: return TpmHealth::replaced;
    default: return TpmHealth::degraded;
  }
}

// Faults of one key or one request say nothing about the chip.
bool concerns_the_chip(tpm::Fault fault) {
  return fault == tpm::Fault::absent || fault == tpm::Fault::busy || fault == tpm::Fault::locked_out ||
         fault == tpm::Fault::replaced || fault == tpm::Fault::transport;
}

}  // namespace

std::string_view health_name(TpmHealth health) {
  switch (health) {
    case TpmHealth::absent: return "absent";
    case TpmHealth::ready: return "ready";
    case TpmHealth::busy: return "busy";
    case TpmHealth::locked_out: return "locked-out";
    case TpmHealth::replaced: return "replaced";
    case TpmHealth::degraded: return "degraded";
  }
  return "degraded";
}

TpmWorker::TpmWorker(EventLoop& loop, Opener opener, std::function<void()> changed, const Limits& limits)
    : loop_(loop), opener_(std::move(opener)), changed_(std::move(changed)), limits_(limits) {
  timer_ = loop_.add_timer([this] { expire(); });
  thread_ = std::thread([this] { serve(); });
}

TpmWorker::~TpmWorker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  *alive_ = false;
}

bool TpmWorker::stop(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  ending_ = true;
  wake_.notify_all();
  return wake_.wait_for(lock, limit, [this] { return ended_; });
}

void TpmWorker::enqueue(const Ticket& ticket, Work work, Done done) {
  const TaskId id = ++last_id_;
  const auto job = std::make_shared<Job>(std::move(work));
  {
    const std::lock_guard lock(mutex_);
    if (uses_.size() + creations_.size() >= limits_.queue)
      throw Error(Code::busy, fmt::format("{} requests wait for the TPM already; try again later", limits_.queue));
    FairQueue<Task>& queue = ticket.priority == Priority::use ? uses_ : creations_;
    if (queue.waiting(ticket.client) >= limits_.queue_per_client)
      throw Error(Code::busy,
                  fmt::format("{} requests of this client wait already; try again later", limits_.queue_per_client));
    queue.push(ticket.client, Task{id, job});
  }
  const auto deadline = loop_.now() + ticket.time_limit;
  pending_.emplace(id, Waiting{std::move(done), deadline, job});
  arm_timer(deadline);
  wake_.notify_all();
}

void TpmWorker::submit_quietly(std::function<void(tpm::KeyDevice&)> work) {
  try {
    enqueue(Ticket{}, std::move(work), [](const std::optional<Error>&) {});
  } catch (const Error&) {
    // Nobody waits for it, by contract.
  }
}

void TpmWorker::finish(TaskId id, const std::optional<Error>& error) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // answered at its deadline
  const Done done = std::move(found->second.done);
  found->second.job->abandoned = true;
  pending_.erase(found);
  done(error);
}

void TpmWorker::arm_timer(EventLoop::Time deadline) {
  if (armed_ && *armed_ <= deadline) return;
  armed_ = deadline;
  timer_.set_time(deadline);
}

void TpmWorker::expire() {
  armed_.reset();
  const auto now = loop_.now();
  std::vector<TaskId> late;
  for (const auto& [id, waiting] : pending_) {
    if (waiting.deadline <= now)
      late.push_back(id);
    else
      arm_timer(waiting.deadline);
  }
  for (const TaskId id : late)
    finish(id, Error(Code::busy, "the TPM did not answer within the time limit; try again later"));
}

void TpmWorker::serve() {
  (void)ensure_open();
  while (const auto task = next_task()) {
    const auto error = perform(*task);
    loop_.post([this, alive = alive_, id = task->id, error] {
      if (*alive) finish(id, error);
    });
  }
  device_.reset();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_.notify_all();
}

std::optional<TpmWorker::Task> TpmWorker::next_task() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return ending_ || !uses_.empty() || !creations_.empty(); };
  while (!has_work()) {
    if (device_ != nullptr) {
      wake_.wait(lock, has_work);
    } else if (!wake_.wait_until(lock, retry_at_, has_work)) {
      lock.unlock();
      (void)ensure_open();
      lock.lock();
    }
  }
  if (ending_) return std::nullopt;
  const bool creation_is_due = uses_in_a_row_ >= uses_before_creation;
  if (uses_.empty() || (creation_is_due && !creations_.empty())) {
    uses_in_a_row_ = 0;
    return creations_.pop();
  }
  ++uses_in_a_row_;
  return uses_.pop();
}

std::optional<Error> TpmWorker::perform(const Task& task) {
  if (task.job->abandoned) return std::nullopt;
  constexpr int attempts = 2;
  for (int attempt = 1;; ++attempt) {
    if (!ensure_open())
      return Error(Code::tpm_unavailable,
                   "TPM " + std::string(health_name(published_.health)) + ": " + published_.detail);
    try {
      task.job->work(*device_);
      if (published_.health != TpmHealth::ready) publish({TpmHealth::ready, {}, device_->facts()});
      return std::nullopt;
    } catch (const tpm::Error& error) {
      if (concerns_the_chip(error.fault())) publish({health_of(error.fault()), error.what(), published_.facts});
      if (error.fault() != tpm::Fault::transport && error.fault() != tpm::Fault::absent) return Error(error);
      device_.reset();
      if (attempt == attempts) return Error(error);
    } catch (const Error& error) {
      return error;
    } catch (const std::exception& error) {
      return Error(Code::internal_error, error.what());
    }
  }
}

bool TpmWorker::ensure_open() {
  if (device_ != nullptr) return true;
  if (std::chrono::steady_clock::now() < retry_at_) return false;
  try {
    device_ = opener_();
    pause_ = {};
    publish({TpmHealth::ready, {}, device_->facts()});
    return true;
  } catch (const tpm::Error& error) {
    publish({health_of(error.fault()), error.what(), published_.facts});
  } catch (const std::exception& error) {
    publish({TpmHealth::degraded, error.what(), published_.facts});
  }
  pause_ = std::clamp(pause_ * 2, limits_.reopen_pause, limits_.reopen_pause * 32);
  retry_at_ = std::chrono::steady_clock::now() + pause_;
  return false;
}

void TpmWorker::publish(TpmState state) {
  if (state.health == published_.health && state.detail == published_.detail) return;
  published_ = state;
  loop_.post([this, alive = alive_, state = std::move(state)] {
    if (!*alive) return;
    state_ = state;
    log(state.health == TpmHealth::ready ? Level::notice : Level::error, Event::tpm_health,
        state.detail.empty() ? fmt::format("TPM is {}", health_name(state.health))
                             : fmt::format("TPM is {}: {}", health_name(state.health), state.detail),
        {{"TPM_HEALTH", health_name(state.health)}});
    changed_();
  });
}

}  // namespace edgeseal::agent
