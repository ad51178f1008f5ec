#pragma once

#include "agent/staging/staged_downloads.h"
#include "agent/staging/staging.h"
#include "agent/state/state_anchor.h"
#include "dbus/staging_port.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of staged trust.
class StagingPorts final : public dbus::StagingPort {
 public:
  StagingPorts(Staging& staging, StagedDownloads& downloads, const StateAnchor& anchor)
      : staging_(staging), downloads_(downloads), anchor_(anchor) {}

  void stage_file(const dbus::Caller& caller, const dbus::StagedDeliveryInfo& delivery, dbus::Secret content,
                  dbus::Completion<std::vector<std::string>> done) override;
  void deliver_download(const std::string& url, dbus::Secret content) override;
  void fail_download(const std::string& url, const std::string& reason) override;
  void activate_staged(const dbus::Caller& caller, dbus::Completion<std::monostate> done) override;
  void discard_staged(const dbus::Caller& caller) override;
  std::string report_contact(const dbus::Caller& caller, const dbus::ContactReport& report) override;
  dbus::StagedInfo staged() override;
  bool system_anchors() override;

  std::vector<std::string> waiting_downloads() override { return downloads_.waiting(); }
  dbus::JobWork take_download(const dbus::Caller& caller, const std::string& url) override;
  void report_download(const dbus::Caller& caller, const std::string& url,
                       const dbus::DownloadOutcome& outcome) override;
  void runner_vanished(const std::string& bus_name) override;
  void service_left() override;
  void service_missing(const std::string& problem) override;

 private:
  Staging& staging_;
  StagedDownloads& downloads_;
  const StateAnchor& anchor_;
};

}  // namespace edgeseal::agent
