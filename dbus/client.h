#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Agent1_proxy.h"
#include "dbus/generated/org.edgeseal.Application1_proxy.h"
#include "dbus/generated/org.edgeseal.Bundle1_proxy.h"
#include "dbus/generated/org.edgeseal.Busy1_proxy.h"
#include "dbus/generated/org.edgeseal.CertificateGroup1_proxy.h"
#include "dbus/generated/org.edgeseal.DeviceIdentity1_proxy.h"
#include "dbus/generated/org.edgeseal.Enrolment1_proxy.h"
#include "dbus/generated/org.edgeseal.Job1_proxy.h"
#include "dbus/generated/org.edgeseal.Onboarding1_proxy.h"
#include "dbus/generated/org.edgeseal.ServerConfiguration1_proxy.h"
#include "dbus/generated/org.edgeseal.Setup1_proxy.h"
#include "dbus/generated/org.edgeseal.Staging1_proxy.h"
#include "dbus/generated/org.edgeseal.TrustDirectories1_proxy.h"
#include "dbus/generated/org.edgeseal.TrustList1_proxy.h"
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

// Interfaces with signals, for who calls only.
class ServerConfigurationCalls : public org::edgeseal::ServerConfiguration1_proxy {
 protected:
  using ServerConfiguration1_proxy::ServerConfiguration1_proxy;
  ~ServerConfigurationCalls() = default;
  void onChangesApplied(const std::vector<std::string>&, const std::vector<std::string>&) override {}
  void onShutdownRequested(const uint32_t&, const std::string&) override {}
};

class StagingCalls : public org::edgeseal::Staging1_proxy {
 protected:
  using Staging1_proxy::Staging1_proxy;
  ~StagingCalls() = default;
  void onRolledBack(const std::string&) override {}
};

class TrustListCalls : public org::edgeseal::TrustList1_proxy {
 protected:
  using TrustList1_proxy::TrustList1_proxy;
  ~TrustListCalls() = default;
  void onAlarm(const std::string&, const std::string&, const uint16_t&, const std::string&) override {}
};

class BundleCalls : public org::edgeseal::Bundle1_proxy {
 protected:
  using Bundle1_proxy::Bundle1_proxy;
  ~BundleCalls() = default;
  void onPinWanted(const std::string&, const uint32_t&, const uint64_t&) override {}
  void onPinClosed(const std::string&, const std::string&) override {}
};

class BusyCalls : public org::edgeseal::Busy1_proxy {
 protected:
  using Busy1_proxy::Busy1_proxy;
  ~BusyCalls() = default;
  void onContactDue() override {}
};

class EnrolmentCalls : public org::edgeseal::Enrolment1_proxy {
 protected:
  using Enrolment1_proxy::Enrolment1_proxy;
  ~EnrolmentCalls() = default;
  void onJobWaiting(const sdbus::ObjectPath&) override {}
  void onCertificateExpiring(const std::string&, const uint32_t&, const uint64_t&, const std::string&) override {}
};

class JobCalls : public org::edgeseal::Job1_proxy {
 protected:
  using Job1_proxy::Job1_proxy;
  ~JobCalls() = default;
  void onCancelled() override {}
};

using RemoteAgent = RemoteObject<org::edgeseal::Agent1_proxy, org::edgeseal::Setup1_proxy>;
using RemoteBundle = RemoteObject<BundleCalls>;
using RemoteBusy = RemoteObject<BusyCalls>;
using RemoteEnrolment = RemoteObject<EnrolmentCalls>;
using RemoteJob = RemoteObject<JobCalls>;
using RemoteStaging = RemoteObject<StagingCalls>;
using RemoteApplication = RemoteObject<org::edgeseal::Application1_proxy>;
using RemoteGroup = RemoteObject<org::edgeseal::CertificateGroup1_proxy>;
using RemoteServerConfiguration = RemoteObject<ServerConfigurationCalls>;
using RemoteTrustList = RemoteObject<TrustListCalls>;
using RemoteDevice = RemoteObject<org::edgeseal::DeviceIdentity1_proxy, org::edgeseal::Onboarding1_proxy>;
using RemoteTrustDirectories = RemoteObject<org::edgeseal::TrustDirectories1_proxy>;

}  // namespace edgeseal::dbus
