#include "agent/tpm_worker.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

// Under a load that never ends a new key waits for so many uses of others, and no longer: renewal must not starve.
constexpr unsigned longest_wait = 100;

// Each new measurement counts for one eighth.
template <class Duration>
Duration averaged(Duration average, Duration latest) {
  return average == Duration::zero() ? latest : (average * 7 + latest) / 8;
}

std::string in_words(std::chrono::milliseconds wait) {
  return wait < std::chrono::seconds(1) ? fmt::format("{} ms", wait.count())
                                        : fmt::format("{} s", std::chrono::ceil<std::chrono::seconds>(wait).count());
}

Error busy(const std::string& problem, std::chrono::milliseconds wait) {
  return {Code::busy, fmt::format("{}; try again in {}", problem, in_words(wait)), wait};
}

Event event_of(TpmHealth health) {
  switch (health) {
    case TpmHealth::absent: return Event::tpm_absent;
    case TpmHealth::ready: return Event::tpm_ready;
    case TpmHealth::busy: return Event::tpm_busy;
    case TpmHealth::slow: return Event::tpm_slow;
    case TpmHealth::locked_out: return Event::tpm_locked_out;
    case TpmHealth::replaced: return Event::tpm_replaced;
    case TpmHealth::degraded: return Event::tpm_degraded;
  }
  return Event::tpm_degraded;
}

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

// Once, and not each time that the device is opened.
void tell_of_encryption(const tpm::TpmFacts& before, const tpm::TpmFacts& now) {
  if (!before.encrypts_responses || now.encrypts_responses) return;
  log(Level::warning, Event::tpm_answers_in_clear,
      "what the TPM answers is not encrypted on its bus: this libtss2 decrypts it wrongly; remedy: install a "
      "libtss2-esys without the fault");
}

}  // namespace

std::string_view health_name(TpmHealth health) {
  switch (health) {
    case TpmHealth::absent: return "absent";
    case TpmHealth::ready: return "ready";
    case TpmHealth::busy: return "busy";
    case TpmHealth::slow: return "slow";
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
  const auto job = std::make_shared<Job>(std::move(work), ticket.priority);
  {
    const std::lock_guard lock(mutex_);
    FairQueue<Task>& queue = queues_[static_cast<std::size_t>(ticket.priority)];
    std::size_t waiting = 0;
    for (const auto& any : queues_) waiting += any.size();
    if (waiting >= limits_.queue)
      throw busy(fmt::format("{} requests wait for the TPM already", limits_.queue), expected_wait());
    if (queue.waiting(ticket.client) >= limits_.queue_per_client)
      throw busy(fmt::format("{} requests of this client wait already", limits_.queue_per_client), expected_wait());
    queue.push(ticket.client, Task{id, job});
  }
  const auto deadline = loop_.now() + ticket.time_limit;
  pending_.emplace(id, Waiting{std::move(done), deadline, job});
  arm_timer(deadline);
  wake_.notify_all();
}

std::chrono::milliseconds TpmWorker::expected_wait() const {
  constexpr std::chrono::milliseconds shortest{50}, longest{60000};
  const std::chrono::milliseconds average(average_task_.load(std::memory_order_relaxed));
  return std::clamp(average * static_cast<int>(pending_.size()), shortest, longest);
}

void TpmWorker::renew(std::function<void(tpm::KeyDevice&)> setting) {
  const std::lock_guard lock(mutex_);
  setting_ = std::move(setting);
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
  const Error refusal = busy("the TPM did not answer within the time limit", expected_wait());
  for (const TaskId id : late) by_itself("the answer to a request of the TPM", [&] { finish(id, refusal); });
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

bool TpmWorker::has_work() const {
  return ending_ || std::ranges::any_of(queues_, [](const auto& queue) { return !queue.empty(); });
}

bool TpmWorker::is_well() const {
  return device_ != nullptr && agent::is_well(published_.health);
}

std::optional<TpmWorker::Task> TpmWorker::next_task() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return has_work(); };
  while (!has_work()) {
    const auto until = is_well() ? std::chrono::steady_clock::now() + limits_.idle : retry_at_;
    if (wake_.wait_until(lock, until, ready)) break;
    lock.unlock();
    attend();
    lock.lock();
  }
  if (ending_) return std::nullopt;
  const std::size_t chosen = next_queue();
  for (std::size_t i = 0; i < priorities; ++i)
    passed_over_[i] = i == chosen || queues_[i].empty() ? 0 : passed_over_[i] + 1;
  return queues_[chosen].pop();
}

// The first that has work, unless a later one has been passed over for too long.
std::size_t TpmWorker::next_queue() const {
  const auto starving = std::ranges::find_if(passed_over_, [](unsigned count) { return count >= longest_wait; });
  if (starving != passed_over_.end()) return static_cast<std::size_t>(starving - passed_over_.begin());
  const auto first = std::ranges::find_if(queues_, [](const auto& queue) { return !queue.empty(); });
  return static_cast<std::size_t>(first - queues_.begin());
}

// Nothing to do. Is a chip by now well that was not? One that was has nothing to say: what counts is the command.
void TpmWorker::attend() {
  if (device_ == nullptr) return (void)ensure_open();
  try {
    const bool locked_out = device_->lockout().active;
    if (is_well()) return;
    if (!locked_out) return publish(TpmHealth::ready, {});
  } catch (const tpm::Error& error) {
    note_fault(error);
  }
  put_off();
}

std::optional<Error> TpmWorker::perform(const Task& task) {
  if (task.job->abandoned) return std::nullopt;
  constexpr int attempts = 2;
  for (int attempt = 1;; ++attempt) {
    if (!ensure_open())
      return Error(Code::tpm_unavailable, fmt::format("TPM {}: {}", health_name(published_.health), published_.detail));
    try {
      apply_setting();
      const auto begin = std::chrono::steady_clock::now();
      task.job->work(*device_);
      note_duration(std::chrono::steady_clock::now() - begin, task.job->priority);
      return std::nullopt;
    } catch (const tpm::Error& error) {
      note_fault(error);
      if (device_ != nullptr || attempt == attempts) return Error(error);
    } catch (const Error& error) {
      return error;
    } catch (const std::exception& error) {
      return Error(Code::internal_error, error.what());
    }
  }
}

// The chip answered: it is well, be it slowly.
void TpmWorker::note_duration(std::chrono::steady_clock::duration taken, Priority priority) {
  using std::chrono::milliseconds, std::chrono::duration_cast;
  average_task_ = averaged(milliseconds(average_task_), duration_cast<milliseconds>(taken)).count();
  if (priority == Priority::use) average_use_ = averaged(average_use_, taken);
  if (average_use_ < limits_.slow) return publish(TpmHealth::ready, {});
  publish(TpmHealth::slow,
          fmt::format("using a key takes more than {} on average; see whether other programs keep the TPM busy, and "
                      "think of sealed keys where many connections come",
                      in_words(limits_.slow)));
}

// After a failure of the TSS, or of the way to the chip, the device is of no use any more.
void TpmWorker::note_fault(const tpm::Error& error) {
  if (concerns_the_chip(error.fault())) {
    publish(health_of(error.fault()), error.what());
    if (retry_at_ < std::chrono::steady_clock::now()) put_off();
  }
  if (error.fault() != tpm::Fault::transport && error.fault() != tpm::Fault::absent) return;
  device_.reset();
  retry_at_ = {};
}

void TpmWorker::apply_setting() {
  Work setting;
  {
    const std::lock_guard lock(mutex_);
    setting = std::exchange(setting_, nullptr);
  }
  if (setting) setting(*device_);
}

bool TpmWorker::ensure_open() {
  if (device_ != nullptr) return true;
  if (std::chrono::steady_clock::now() < retry_at_) return false;
  try {
    device_ = opener_();
    pause_ = {};
    tell_of_encryption(published_.facts, device_->facts());
    published_.facts = device_->facts();
    publish(TpmHealth::ready, {});
    return true;
  } catch (const tpm::Error& error) {
    publish(health_of(error.fault()), error.what());
  } catch (const std::exception& error) {
    publish(TpmHealth::degraded, error.what());
  }
  put_off();
  return false;
}

void TpmWorker::put_off() {
  pause_ = std::clamp(pause_ * 2, limits_.reopen_pause, limits_.reopen_pause * 32);
  retry_at_ = std::chrono::steady_clock::now() + pause_;
}

void TpmWorker::publish(TpmHealth health, std::string detail) {
  if (health == published_.health && detail == published_.detail) return;
  if (health == TpmHealth::ready) pause_ = {};
  published_.health = health;
  published_.detail = std::move(detail);
  published_.awaited = false;
  loop_.post([this, alive = alive_, state = published_] {
    if (!*alive) return;
    state_ = state;
    log(state.health == TpmHealth::ready ? Level::notice : Level::error, event_of(state.health),
        state.detail.empty() ? fmt::format("TPM is {}", health_name(state.health))
                             : fmt::format("TPM is {}: {}", health_name(state.health), state.detail),
        {{"TPM_HEALTH", health_name(state.health)}});
    changed_();
  });
}

}  // namespace edgeseal::agent
