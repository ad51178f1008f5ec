#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Agent1_proxy.h"
#include "dbus/generated/org.edgeseal.Application1_proxy.h"
#include "dbus/generated/org.edgeseal.Audit1_proxy.h"
#include "dbus/generated/org.edgeseal.Bundle1_proxy.h"
#include "dbus/generated/org.edgeseal.Busy1_proxy.h"
#include "dbus/generated/org.edgeseal.CertificateGroup1_proxy.h"
#include "dbus/generated/org.edgeseal.Configuration1_proxy.h"
#include "dbus/generated/org.edgeseal.DeviceIdentity1_proxy.h"
#include "dbus/generated/org.edgeseal.Enrolment1_proxy.h"
#include "dbus/generated/org.edgeseal.Job1_proxy.h"
#include "dbus/generated/org.edgeseal.Metrics1_proxy.h"
#include "dbus/generated/org.edgeseal.Onboarding1_proxy.h"
#include "dbus/generated/org.edgeseal.ServerConfiguration1_proxy.h"
#include "dbus/generated/org.edgeseal.Setup1_proxy.h"
#include "dbus/generated/org.edgeseal.Staging1_proxy.h"
#include "dbus/generated/org.edgeseal.TrustDirectories1_proxy.h"
#include "dbus/generated/org.edgeseal.TrustList1_proxy.h"
#include "dbus/object_path.h"

namespace edgeseal::dbus {

// The agent as a client sees it: one class per object, made of the generated proxies, which hear no signals: to listen
// to one costs a call of the bus daemon. Calls wait for their answer and throw sdbus::Error. The connection must
// outlive them.
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
using RemoteAudit = RemoteObject<org::edgeseal::Audit1_proxy>;
using RemoteBundle = RemoteObject<org::edgeseal::Bundle1_proxy>;
using RemoteBusy = RemoteObject<org::edgeseal::Busy1_proxy>;
using RemoteEnrolment = RemoteObject<org::edgeseal::Enrolment1_proxy>;
using RemoteJob = RemoteObject<org::edgeseal::Job1_proxy>;
using RemoteMetrics = RemoteObject<org::edgeseal::Metrics1_proxy>;
using RemoteStaging = RemoteObject<org::edgeseal::Staging1_proxy>;
using RemoteApplication = RemoteObject<org::edgeseal::Application1_proxy>;
using RemoteGroup = RemoteObject<org::edgeseal::CertificateGroup1_proxy>;
using RemoteServerConfiguration = RemoteObject<org::edgeseal::ServerConfiguration1_proxy>;
using RemoteTrustList = RemoteObject<org::edgeseal::TrustList1_proxy>;
using RemoteDevice = RemoteObject<org::edgeseal::DeviceIdentity1_proxy, org::edgeseal::Onboarding1_proxy>;
using RemoteConfiguration = RemoteObject<org::edgeseal::Configuration1_proxy>;
using RemoteTrustDirectories = RemoteObject<org::edgeseal::TrustDirectories1_proxy>;

}  // namespace edgeseal::dbus
