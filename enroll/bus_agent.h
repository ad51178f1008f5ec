#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "enroll/agent_jobs.h"
#include "enroll/authority_contact.h"
#include "enroll/staged_download.h"

namespace edgeseal::enroll {

// The agent on the system bus. A job's name is its object path. Signals come in a thread of its own.
class BusAgent final : public AgentJobs, public AgentContacts, public AgentDownloads {
 public:
  struct Listener {
    std::function<void(const std::string&job)> waiting, cancelled;
    std::function<void()> agent_came;  // (again): its jobs are all to be taken anew
    std::function<void(const std::string& profile)> contact_waiting = [](const std::string&) {};
    std::function<void(const std::string& url)> download_waiting = [](const std::string&) {};
  };

  // Throws RefusedByAgent where there is no bus.
  BusAgent();

  // The name by which the agent has us started. Throws RefusedByAgent where the bus doesn't give it; before listen().
  void own_name();
  void release_name();

  void listen(Listener listener);  // once

  // Those that may be taken now; none where no agent is there.
  [[nodiscard]] std::vector<std::string> waiting_jobs();
  [[nodiscard]] std::vector<std::string> waiting_contacts();
  [[nodiscard]] std::vector<std::string> waiting_downloads();

  [[nodiscard]] Job take(const std::string& name) override;
  void report(const std::string& name, Stage stage) override;
  void propose(const std::string& name, const std::vector<ProposedAnchor>& anchors) override;
  void deliver_anchors(const std::string& name, const Result& result) override;
  void deliver(const std::string& name, const Result& result) override;
  void wait(const std::string& name, std::chrono::seconds pause, const Bytes& continuation) override;
  void fail(const std::string& name, const Error& error, SecretUse use) override;

  [[nodiscard]] Job take_contact(const std::string& profile) override;
  void report_contact(const std::string& profile, const std::optional<Error>& problem) override;

  [[nodiscard]] Job take_download(const std::string& url) override;
  void report_download(const std::string& url, const std::variant<Bytes, Error>& outcome) override;

 private:
  Listener listener_;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::vector<sdbus::Slot> matches_;
};

}  // namespace edgeseal::enroll
