#pragma once

#include "agent/adoption.h"
#include "agent/state_anchor.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of directories, given by the services of the agent.
class DirectoryPorts final : public dbus::TrustDirectoryPort {
 public:
  DirectoryPorts(Adoption& adoption, const StateAnchor& anchor) : adoption_(adoption), anchor_(anchor) {}

  std::vector<dbus::DirectoryFinding> audit(const std::string& path) override;
  dbus::AdoptionPlan plan_adoption(const dbus::AdoptedDirectory& directory) override;
  void adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
             dbus::Completion<std::monostate> done) override;
  void release(const dbus::Caller& caller, const std::string& path) override;
  std::vector<dbus::AdoptedDirectory> adopted() const override;

 private:
  Adoption& adoption_;
  const StateAnchor& anchor_;
};

}  // namespace edgeseal::agent
