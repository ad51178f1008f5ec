#pragma once

#include "agent/staging/staging.h"
#include "agent/state_anchor.h"
#include "dbus/staging_port.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of staged trust.
class StagingPorts final : public dbus::StagingPort {
 public:
  StagingPorts(Staging& staging, const StateAnchor& anchor) : staging_(staging), anchor_(anchor) {}

  void stage_file(const dbus::Caller& caller, const dbus::StagedDeliveryInfo& delivery, dbus::Secret content,
                  dbus::Completion<std::vector<std::string>> done) override;
  void deliver_download(const std::string& url, dbus::Secret content) override;
  void fail_download(const std::string& url, const std::string& reason) override;
  void activate_staged(const dbus::Caller& caller, dbus::Completion<std::monostate> done) override;
  void discard_staged(const dbus::Caller& caller) override;
  std::string report_contact(const dbus::Caller& caller, const dbus::ContactReport& report) override;
  dbus::StagedInfo staged() override;
  bool system_anchors() override;

 private:
  Staging& staging_;
  const StateAnchor& anchor_;
};

}  // namespace edgeseal::agent
