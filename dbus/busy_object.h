#pragma once

#include <string>
#include <vector>

#include "dbus/busy_port.h"
#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Busy1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Busy1 of /org/edgeseal.
class BusyObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Busy1_adaptor> {
 public:
  BusyObject(sdbus::IConnection& connection, BusyPort& busy, Guard& guard);
  ~BusyObject() { unregisterAdaptor(); }

  void changed();
  void contact_due() { emitContactDue(); }

 private:
  void Inhibit(sdbus::Result<sdbus::UnixFd>&& result, std::string who, std::string why, VariantMap options) override;
  void ContactWhenFree(sdbus::Result<>&& result) override;
  void TakeContact(sdbus::Result<bool>&& result) override;
  bool Busy() override;
  std::vector<VariantMap> Inhibitors() override;
  bool ContactPending() override;

  BusyPort& busy_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
