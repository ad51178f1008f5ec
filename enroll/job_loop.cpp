#include "enroll/job_loop.h"

#include <algorithm>

#include "enroll/job_run.h"

namespace edgeseal::enroll {

JobLoop::JobLoop(Run run, std::size_t workers) : run_(std::move(run)) {
  for (std::size_t at = 0; at < workers; ++at)
    workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

JobLoop::JobLoop(AgentJobs& agent, const Surroundings& surroundings, std::size_t workers)
    : JobLoop([&agent, &surroundings](const std::string& name,
                                      const std::stop_token& stop) { run_job(agent, name, surroundings, stop); },
              workers) {}

void JobLoop::start(const std::string& name) {
  const std::lock_guard lock(mutex_);
  rested_ = false;
  if (retired_ || std::find(waiting_.begin(), waiting_.end(), name) != waiting_.end()) return;
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
  changed_.wait(lock, [this] { return has_nothing(); });
}

bool JobLoop::is_idle() {
  const std::lock_guard lock(mutex_);
  return has_nothing();
}

bool JobLoop::retire() {
  const std::lock_guard lock(mutex_);
  retired_ = has_nothing() && rested_;
  rested_ = has_nothing();
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

std::deque<std::string>::iterator JobLoop::next() {
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [this](const std::string& name) { return !running_.contains(name); });
}

void JobLoop::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return next() != waiting_.end(); }) && !stop.stop_requested()) {
    const auto chosen = next();
    const std::string name = *chosen;
    waiting_.erase(chosen);
    const std::stop_token job_stop = running_[name].get_token();
    lock.unlock();
    run_(name, job_stop);
    lock.lock();
    running_.erase(name);
    changed_.notify_all();
  }
}

}  // namespace edgeseal::enroll
