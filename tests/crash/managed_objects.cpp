#include "tests/crash/managed_objects.h"

#include "dbus/client.h"

namespace edgeseal::crash {

Objects managed_objects(sdbus::IConnection& connection) {
  const auto proxy =
      sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(dbus::kRootPath));
  Objects objects;
  proxy->callMethod("GetManagedObjects").onInterface("org.freedesktop.DBus.ObjectManager").storeResultsTo(objects);
  return objects;
}

}  // namespace edgeseal::crash
