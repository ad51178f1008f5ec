#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <string>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Agent1_proxy.h"
#include "dbus/generated/org.edgeseal.Application1_proxy.h"
#include "dbus/generated/org.edgeseal.CertificateGroup1_proxy.h"
#include "dbus/generated/org.edgeseal.Setup1_proxy.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {

// The agent as a client sees it: one class per object, made of the generated proxies. Calls wait for their answer and
// throw sdbus::Error. The connection must outlive them.
template <class... Proxies>
class RemoteObject final : public sdbus::ProxyInterfaces<Proxies...> {
 public:
  RemoteObject(sdbus::IConnection& connection, const std::string& path)
      : sdbus::ProxyInterfaces<Proxies...>(connection, compat::ServiceName(kBusName), sdbus::ObjectPath(path)) {
    this->registerProxy();
  }
  ~RemoteObject() { this->unregisterProxy(); }
};

using RemoteAgent = RemoteObject<org::edgeseal::Agent1_proxy, org::edgeseal::Setup1_proxy>;
using RemoteApplication = RemoteObject<org::edgeseal::Application1_proxy>;
using RemoteGroup = RemoteObject<org::edgeseal::CertificateGroup1_proxy>;

}  // namespace edgeseal::dbus
