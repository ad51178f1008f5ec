#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include "dbus/client.h"

namespace edgeseal::test {

// Busy1 as the enrolment process uses it: with its signals.
class HeardBusy final : public sdbus::ProxyInterfaces<org::edgeseal::Busy1_proxy> {
 public:
  explicit HeardBusy(sdbus::IConnection& connection)
      : ProxyInterfaces(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(dbus::kRootPath)) {
    registerProxy();
  }
  ~HeardBusy() { unregisterProxy(); }

  int due = 0;  // how often ContactDue came

 private:
  void onContactDue() override { ++due; }
};

}  // namespace edgeseal::test
