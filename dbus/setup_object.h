#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Setup1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/setup_port.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Setup1 of /org/edgeseal.
class SetupObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Setup1_adaptor> {
 public:
  SetupObject(sdbus::IConnection& connection, SetupPort& setup, Guard& guard);
  ~SetupObject() { unregisterAdaptor(); }

  void changed();

 private:
  void MakeOneTimePassword(sdbus::Result<sdbus::UnixFd>&& result, VariantMap options) override;
  void SubmitOneTimePassword(sdbus::Result<>&& result, sdbus::UnixFd password, VariantMap options) override;
  void ReportPresence(sdbus::Result<>&& result, std::string source, VariantMap options) override;
  void CloseWindow(sdbus::Result<>&& result, VariantMap options) override;
  void Reset(sdbus::Result<>&& result, VariantMap options) override;
  std::string State() override;
  std::string Reason() override;
  std::string Mode() override;
  std::vector<std::string> OpenWays() override;
  std::uint64_t WindowEnds() override;
  std::uint32_t WindowRemaining() override;
  bool PasswordWanted() override;
  std::uint32_t RemainingTries() override;
  bool LimitedFunction() override;

  SetupPort& setup_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
