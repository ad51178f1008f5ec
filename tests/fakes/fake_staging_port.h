#pragma once

#include <string>
#include <vector>

#include "dbus/staging_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

// Takes every file; the first contact is good where its chain is `right`.
class FakeStaging final : public StagingPort {
 public:
  mutable Fault fault;
  StagedInfo info{.state = "empty"};
  std::vector<StagedDeliveryInfo> deliveries;
  std::vector<std::string> warnings;
  std::vector<Bytes> right;
  bool anchors = false;
  std::string refusal;  // of stage_file(); empty: none
  std::vector<std::string> downloads;
  JobWork work;  // of take_download(), once
  // Of whoever runs jobs.
  std::vector<std::string> calls, problems;
  Bytes fetched;
  std::string problem;
  int departures = 0;

  void stage_file(const Caller& caller, const StagedDeliveryInfo& delivery, Secret content,
                  Completion<std::vector<std::string>> done) override {
    fault.strike();
    if (!refusal.empty()) throw CallError("CertificatePolicyCheckFailed", refusal);
    deliveries.push_back(delivery);
    info.state = "staged";
    info.application = "device";
    info.group = "provisioning";
    if (!content.empty() && content.view().front() == std::byte{0x30}) {
      const auto bytes = content.view();
      info.items.push_back({.certificate = {bytes.begin(), bytes.end()},
                            .sha256 = std::string(64, 'a'),
                            .role = "authority",
                            .source = delivery.source.empty() ? "command" : delivery.source,
                            .origin = delivery.origin,
                            .uid = caller.uid});
    }
    done(warnings);
  }
  void deliver_download(const std::string& url, Secret content) override {
    fault.strike();
    const auto bytes = content.view();
    item_of(url).certificate = {bytes.begin(), bytes.end()};
  }
  void fail_download(const std::string& url, const std::string& reason) override {
    fault.strike();
    item_of(url).problem = reason;
  }
  void activate_staged(const Caller&, Completion<std::monostate> done) override {
    fault.strike();
    if (info.items.empty()) throw CallError("NothingToDo", "nothing is staged");
    info.state = "verifying";
    done(std::monostate{});
  }
  void discard_staged(const Caller&) override {
    fault.strike();
    if (info.items.empty()) throw CallError("NothingToDo", "nothing is staged");
    info = {.state = "empty"};
  }
  std::string report_contact(const Caller&, const ContactReport& report) override {
    fault.strike();
    if (info.state != "verifying") throw CallError("InvalidState", "nothing waits for a contact");
    if (report.failure.empty() && report.chain == right) {
      info = {.state = "empty"};
      return "";
    }
    info.state = "failed";
    info.problem = report.failure.empty() ? "the wrong server" : report.failure;
    return info.problem;
  }
  StagedInfo staged() override {
    fault.strike();
    return info;
  }
  bool system_anchors() override { return anchors; }

  std::vector<std::string> waiting_downloads() override { return downloads; }
  JobWork take_download(const Caller&, const std::string& url) override {
    fault.strike();
    calls.push_back("take " + url);
    return std::move(work);
  }
  void report_download(const Caller&, const std::string& url, const DownloadOutcome& outcome) override {
    fault.strike();
    calls.push_back((outcome.content ? "content " : "problem ") + url);
    if (outcome.content) fetched.assign(outcome.content->view().begin(), outcome.content->view().end());
    problem = outcome.problem;
  }
  void runner_vanished(const std::string&) override {}
  void service_left() override { ++departures; }
  void service_missing(const std::string& reason) override { problems.push_back(reason); }

 private:
  StagedItem& item_of(const std::string& url) {
    for (StagedItem& item : info.items)
      if (item.url == url) return item;
    throw CallError("NotFound", "nothing is to be fetched");
  }
};

}  // namespace edgeseal::dbus::fake
