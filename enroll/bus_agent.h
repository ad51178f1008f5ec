#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "enroll/agent_jobs.h"

namespace edgeseal::enroll {

// The agent on the system bus. A job's name is its object path. Signals come in a thread of its own.
class BusAgent final : public AgentJobs {
 public:
  struct Listener {
    std::function<void(const std::string&job)> waiting, cancelled;
    std::function<void()> agent_came;  // (again): its jobs are all to be taken anew
  };

  // Throws RefusedByAgent where there is no bus.
  BusAgent();

  // The name by which the agent has us started. Throws RefusedByAgent where the bus doesn't give it; before listen().
  void own_name();
  void release_name();

  void listen(Listener listener);  // once

  // Those that may be taken now; none where no agent is there.
  [[nodiscard]] std::vector<std::string> waiting_jobs();

  [[nodiscard]] Job take(const std::string& name) override;
  void report(const std::string& name, Stage stage) override;
  void propose(const std::string& name, const std::vector<ProposedAnchor>& anchors) override;
  void deliver_anchors(const std::string& name, const Result& result) override;
  void deliver(const std::string& name, const Result& result) override;
  void wait(const std::string& name, std::chrono::seconds pause, const Bytes& continuation) override;
  void fail(const std::string& name, const Error& error, SecretUse use) override;

 private:
  Listener listener_;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::vector<sdbus::Slot> matches_;
};

}  // namespace edgeseal::enroll
