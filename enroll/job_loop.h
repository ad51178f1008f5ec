#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "enroll/agent_jobs.h"

namespace edgeseal::enroll {

// Runs the jobs of the agent side by side, in threads of its own. From any thread.
class JobLoop {
 public:
  static constexpr std::size_t default_workers = 8;

  // Both must outlive it.
  JobLoop(AgentJobs& agent, const Surroundings& surroundings, std::size_t workers = default_workers);
  JobLoop(const JobLoop&) = delete;
  JobLoop& operator=(const JobLoop&) = delete;
  ~JobLoop() { stop(); }

  void start(const std::string& name);   // unless it runs, or is to run, already
  void cancel(const std::string& name);  // without effect where it doesn't run
  void finish();                         // comes back when nothing is left to do
  // True: it had nothing to do since the last call, and starts nothing any more.
  [[nodiscard]] bool retire();
  void stop();  // cancels what runs, waits for it, and starts nothing any more

 private:
  void work(const std::stop_token& stop);
  [[nodiscard]] bool is_idle() const { return waiting_.empty() && running_.empty(); }

  AgentJobs& agent_;
  const Surroundings& surroundings_;
  std::mutex mutex_;  // of the next five
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  std::map<std::string, std::stop_source> running_;
  bool rested_ = false;  // since the last retire()
  bool retired_ = false;
  std::vector<std::jthread> workers_;  // last: they use all of it
};

}  // namespace edgeseal::enroll
