#pragma once

#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/device_ports.h"
#include "dbus/generated/org.edgeseal.DeviceIdentity1_adaptor.h"
#include "dbus/generated/org.edgeseal.Onboarding1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// DeviceIdentity1 and Onboarding1 of /org/edgeseal/device.
class DeviceObject final
    : public sdbus::AdaptorInterfaces<org::edgeseal::DeviceIdentity1_adaptor, org::edgeseal::Onboarding1_adaptor> {
 public:
  DeviceObject(sdbus::IConnection& connection, DeviceIdentityPort& identity, OnboardingPort& onboarding, Guard& guard);
  ~DeviceObject() { unregisterAdaptor(); }

  void identity_changed();
  void onboarding_changed();

 private:
  using ByteArrays = std::vector<ByteArray>;

  void GetIdentities(sdbus::Result<std::vector<VariantMap>, std::vector<std::string>>&& result) override;
  void CreateSigningRequest(sdbus::Result<ByteArray>&& result, std::string kind, VariantMap options) override;
  void CreateSelfSignedCertificate(sdbus::Result<ByteArray>&& result, std::string kind, VariantMap options) override;
  void InstallCertificate(sdbus::Result<>&& result, std::string kind, ByteArray certificate,
                          ByteArrays issuers) override;
  std::string ProductInstanceUri() override;
  std::string SerialNumber() override;
  std::string Manufacturer() override;
  std::string Model() override;

  void GetEndpoints(sdbus::Result<std::vector<VariantMap>>&& result) override;
  void RequestTickets(sdbus::Result<ByteArrays>&& result) override;
  void SetTickets(sdbus::Result<>&& result, ByteArrays tickets) override;
  void AddTicket(sdbus::Result<>&& result, ByteArray ticket) override;
  void VerifyTicket(sdbus::Result<VariantMap>&& result, ByteArray ticket, ByteArrays authorities,
                    ByteArrays crls) override;
  void SetRegistrarEndpoints(sdbus::Result<>&& result, std::vector<VariantMap> registrars, VariantMap options) override;
  void SetSoftwareStatus(sdbus::Result<>&& result, bool up_to_date, std::string revision) override;
  std::string State() override;
  bool IsSingleton() override;
  std::vector<std::string> Applications() override;
  std::vector<VariantMap> Registrars() override;
  bool SoftwareUpToDate() override;
  std::string SoftwareRevision() override;

  DeviceIdentityPort& identity_;
  OnboardingPort& onboarding_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
