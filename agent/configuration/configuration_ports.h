#pragma once

#include "agent/configuration/reconfiguration.h"
#include "dbus/configuration_port.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of the configuration.
class ConfigurationPorts final : public dbus::ConfigurationPort {
 public:
  explicit ConfigurationPorts(Reconfiguration& reconfiguration) : reconfiguration_(reconfiguration) {}

  std::vector<dbus::ConfigurationChange> plan_configuration(dbus::Undeclared undeclared) override;
  void apply_configuration(const dbus::Caller& caller, dbus::Undeclared undeclared,
                           dbus::Completion<std::vector<dbus::ConfigurationChange>> done) override;

 private:
  Reconfiguration& reconfiguration_;
};

}  // namespace edgeseal::agent
