#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "enroll/agent_jobs.h"

namespace edgeseal::enroll {

// Runs the jobs of the agent, or its contacts, side by side, in threads of its own. From any thread.
class JobLoop {
 public:
  static constexpr std::size_t default_workers = 8;

  using Run = std::function<void(const std::string& name, const std::stop_token& stop)>;

  // What is to be done with a name; jobs: as run_job(), for which both must outlive it.
  explicit JobLoop(Run run, std::size_t workers = default_workers);
  JobLoop(AgentJobs& agent, const Surroundings& surroundings, std::size_t workers = default_workers);
  JobLoop(const JobLoop&) = delete;
  JobLoop& operator=(const JobLoop&) = delete;
  ~JobLoop() { stop(); }

  // Unless it is to run already. One that runs is run again afterwards: it may be waiting at the agent anew before its
  // end is known here.
  void start(const std::string& name);
  void cancel(const std::string& name);  // without effect where it neither runs nor is to run
  void finish();                         // comes back when nothing is left to do
  [[nodiscard]] bool is_idle();
  // True: it had nothing to do since the last call, and starts nothing any more.
  [[nodiscard]] bool retire();
  void stop();  // cancels what runs, waits for it, and starts nothing any more

 private:
  void work(const std::stop_token& stop);
  [[nodiscard]] std::deque<std::string>::iterator next();  // that waits and doesn't run
  [[nodiscard]] bool has_nothing() const { return waiting_.empty() && running_.empty(); }

  const Run run_;
  std::mutex mutex_;  // of the next five
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  std::map<std::string, std::stop_source> running_;
  bool rested_ = false;  // since the last retire()
  bool retired_ = false;
  std::vector<std::jthread> workers_;  // last: they use all of it
};

}  // namespace edgeseal::enroll
