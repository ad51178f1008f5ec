#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <string>

#include "dbus/generated/org.edgeseal.Agent1_adaptor.h"
#include "dbus/generated/org.edgeseal.Setup1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// /org/edgeseal: Agent1, Setup1 and the object manager.
class AgentObject final
    : public sdbus::AdaptorInterfaces<org::edgeseal::Agent1_adaptor, org::edgeseal::Setup1_adaptor> {
 public:
  AgentObject(sdbus::IConnection& connection, AgentPort& agent, Guard& guard);
  ~AgentObject() { unregisterAdaptor(); }

  void tpm_status_changed();
  void setup_state_changed();

 private:
  void CreateApplication(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, VariantMap options) override;
  void DeleteApplication(sdbus::Result<>&& result, std::string name) override;
  void Describe(sdbus::Result<std::string>&& result) override;
  std::string Version() override;
  std::string TpmHealth() override;
  std::string TpmDetail() override;
  std::map<std::string, std::string> TpmFacts() override;
  std::string State() override;

  AgentPort& agent_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
