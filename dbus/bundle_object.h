#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/bundle_port.h"
#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Bundle1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Bundle1 of /org/edgeseal.
class BundleObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Bundle1_adaptor> {
 public:
  BundleObject(sdbus::IConnection& connection, BundlePort& bundles, Guard& guard);
  ~BundleObject() { unregisterAdaptor(); }

  void changed();
  void pin_wanted();
  void pin_closed(const std::string& session, const std::string& outcome) { emitPinClosed(session, outcome); }

 private:
  void StageBundle(sdbus::Result<std::string>&& result, sdbus::UnixFd bundle, VariantMap options) override;
  void StageBundleAsAdministrator(sdbus::Result<std::string>&& result, sdbus::UnixFd bundle,
                                  VariantMap options) override;
  void SubmitPin(sdbus::Result<std::vector<std::string>>&& result, std::string session, sdbus::UnixFd pin,
                 VariantMap options) override;
  void DiscardBundle(sdbus::Result<>&& result, std::string session) override;
  void TakeTan(sdbus::Result<sdbus::UnixFd>&& result) override;
  void TakeOneTimeSecret(sdbus::Result<sdbus::UnixFd>&& result) override;
  void ReportContact(sdbus::Result<>&& result, bool verified, std::string detail) override;
  std::string Session() override;
  std::uint32_t RemainingTries() override;
  std::uint64_t Deadline() override;
  std::string Source() override;
  std::string ServerUrl() override;
  std::uint16_t ServerPort() override;
  bool Verifying() override;

  BundlePort& bundles_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
