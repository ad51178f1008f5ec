#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Agent1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/pcr_values.h"
#include "dbus/ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// /org/edgeseal: Agent1 and the object manager.
class AgentObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Agent1_adaptor> {
 public:
  AgentObject(sdbus::IConnection& connection, AgentPort& agent, Guard& guard);
  ~AgentObject() { unregisterAdaptor(); }

  void tpm_status_changed();

 private:
  void CreateApplication(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, VariantMap options) override;
  void DeleteApplication(sdbus::Result<>&& result, std::string name) override;
  void Describe(sdbus::Result<std::string>&& result) override;
  void GetManufacturerKeys(sdbus::Result<std::vector<VariantMap>>&& result) override;
  void ActivateCredential(sdbus::Result<ByteArray>&& result, std::string endorsement_key, ByteArray credential,
                          ByteArray encrypted_secret) override;
  void GetPcrs(sdbus::Result<PcrArrays>&& result, std::vector<std::uint32_t> pcrs) override;
  void PreparePcrApproval(sdbus::Result<ByteArray, ByteArray>&& result, PcrArrays values) override;
  void AddPcrApproval(sdbus::Result<>&& result, PcrArrays values, ByteArray signature) override;
  void ResealKeys(sdbus::Result<std::uint32_t>&& result, PcrArrays values) override;
  std::string Version() override;
  std::string TpmHealth() override;
  std::string TpmDetail() override;
  std::map<std::string, std::string> TpmFacts() override;

  AgentPort& agent_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
