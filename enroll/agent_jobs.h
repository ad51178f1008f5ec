#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "enroll/job.h"

namespace edgeseal::enroll {

enum class SecretUse {
  unused,  // it may be tried again
  spent    // the server has taken it
};

// The agent doesn't take what it is told: the job is not ours any more, or its own rules are against it.
class RefusedByAgent : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The jobs of the agent, as whoever runs them sees them (org.edgeseal.Job1, whose words these are). A job is ours from
// take() until one of propose(), deliver(), wait() and fail(). From any thread; every member throws RefusedByAgent.
class AgentJobs {
 public:
  virtual ~AgentJobs() = default;

  // Throws Error for a job that is ours now and can't be run.
  [[nodiscard]] virtual Job take(const std::string& name) = 0;
  virtual void report(const std::string& name, Stage stage) = 0;
  virtual void propose(const std::string& name, const std::vector<ProposedAnchor>& anchors) = 0;
  virtual void deliver_anchors(const std::string& name, const Result& result) = 0;
  virtual void deliver(const std::string& name, const Result& result) = 0;
  virtual void wait(const std::string& name, std::chrono::seconds pause, const Bytes& continuation) = 0;
  virtual void fail(const std::string& name, const Error& error, SecretUse use) = 0;
};

}  // namespace edgeseal::enroll
