#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "enroll/agent_jobs.h"

namespace edgeseal::test {

// Jobs by name, and what became of them: "deliver", "wait 60" ...
class FakeAgentJobs final : public enroll::AgentJobs {
 public:
  std::map<std::string, enroll::Job> jobs;
  bool refuses_anchors = false;
  std::function<void()> on_wait = [] {};
  enroll::Result delivered;  // the last

  std::vector<std::string> outcomes(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return outcomes_[name];
  }

  enroll::Job take(const std::string& name) override {
    if (!jobs.contains(name)) throw enroll::RefusedByAgent("InvalidState");
    note(name, "take");
    return jobs.at(name);
  }
  void report(const std::string&, enroll::Stage) override {}
  void propose(const std::string& name, const std::vector<enroll::ProposedAnchor>&) override { note(name, "propose"); }
  void deliver_anchors(const std::string& name, const enroll::Result&) override {
    note(name, "anchors");
    if (refuses_anchors) throw enroll::RefusedByAgent("CertificateUntrusted");
  }
  void deliver(const std::string& name, const enroll::Result& result) override {
    note(name, "deliver");
    const std::lock_guard lock(mutex_);
    delivered = result;
  }
  void wait(const std::string& name, std::chrono::seconds pause, const enroll::Bytes&) override {
    note(name, "wait " + std::to_string(pause.count()));
    std::exchange(on_wait, [] {})();
  }
  void fail(const std::string& name, const enroll::Error& error, enroll::SecretUse use) override {
    note(name, std::string(enroll::name_of(error.error_class())) + (use == enroll::SecretUse::spent ? ", spent" : ""));
  }

 private:
  void note(const std::string& name, const std::string& what) {
    const std::lock_guard lock(mutex_);
    outcomes_[name].push_back(what);
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> outcomes_;
};

}  // namespace edgeseal::test
