#include "agent/configuration/configuration_ports.h"

#include "agent/call_error.h"

namespace edgeseal::agent {

std::vector<dbus::ConfigurationChange> ConfigurationPorts::plan_configuration(dbus::Undeclared undeclared) {
  return translated([&] { return reconfiguration_.plan(undeclared); });
}

void ConfigurationPorts::apply_configuration(const dbus::Caller& caller, dbus::Undeclared undeclared,
                                             dbus::Completion<std::vector<dbus::ConfigurationChange>> done) {
  translated([&] { reconfiguration_.apply(caller, undeclared, to_answer(std::move(done))); });
}

}  // namespace edgeseal::agent
