#include "enroll/job_loop.h"

#include <algorithm>

#include "enroll/job_run.h"

namespace edgeseal::enroll {

JobLoop::JobLoop(AgentJobs& agent, const Surroundings& surroundings, std::size_t workers)
    : agent_(agent), surroundings_(surroundings) {
  for (std::size_t at = 0; at < workers; ++at)
    workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

void JobLoop::start(const std::string& name) {
  const std::lock_guard lock(mutex_);
  rested_ = false;
  if (retired_ || running_.contains(name) || std::find(waiting_.begin(), waiting_.end(), name) != waiting_.end())
    return;
  waiting_.push_back(name);
  changed_.notify_all();
}

void JobLoop::cancel(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::erase(waiting_, name);
  if (const auto found = running_.find(name); found != running_.end()) found->second.request_stop();
  changed_.notify_all();
}

void JobLoop::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_idle(); });
}

bool JobLoop::retire() {
  const std::lock_guard lock(mutex_);
  retired_ = is_idle() && rested_;
  rested_ = is_idle();
  return retired_;
}

void JobLoop::stop() {
  for (std::jthread& worker : workers_) worker.request_stop();
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, source] : running_) source.request_stop();
  }
  workers_.clear();
}

void JobLoop::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) && !stop.stop_requested()) {
    const std::string name = waiting_.front();
    waiting_.pop_front();
    const std::stop_token job_stop = running_[name].get_token();
    lock.unlock();
    run_job(agent_, name, surroundings_, job_stop);
    lock.lock();
    running_.erase(name);
    changed_.notify_all();
  }
}

}  // namespace edgeseal::enroll
