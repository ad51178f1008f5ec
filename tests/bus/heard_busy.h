#pragma once

#include "dbus/client.h"
#include "dbus/compat.h"

namespace edgeseal::test {

// Busy1 with its signal.
class HeardBusy final : public sdbus::ProxyInterfaces<org::edgeseal::Busy1_proxy> {
 public:
  explicit HeardBusy(sdbus::IConnection& connection)
      : ProxyInterfaces(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(dbus::kRootPath)) {
    getProxy().uponSignal("ContactDue").onInterface(INTERFACE_NAME).call([this] { ++due; });
    registerProxy();
  }
  ~HeardBusy() { unregisterProxy(); }

  int due = 0;  // how often ContactDue came
};

}  // namespace edgeseal::test
