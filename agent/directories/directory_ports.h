#pragma once

#include "agent/directories/adoption.h"
#include "agent/state/state_anchor.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of directories, given by the services of the agent.
class DirectoryPorts final : public dbus::TrustDirectoryPort {
 public:
  DirectoryPorts(State& state, Adoption& adoption, const StateAnchor& anchor)
      : state_(state), adoption_(adoption), anchor_(anchor) {}

  std::vector<dbus::DirectoryFinding> audit(const std::string& path) override;
  void plan_adoption(const dbus::AdoptedDirectory& directory, dbus::Completion<dbus::AdoptionPlan> done) override;
  void adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
             dbus::Completion<std::monostate> done) override;
  void release(const dbus::Caller& caller, const std::string& path) override;
  std::vector<dbus::AdoptedDirectory> adopted() const override;

 private:
  void require_undeclared(const std::string& path) const;

  State& state_;
  Adoption& adoption_;
  const StateAnchor& anchor_;
};

}  // namespace edgeseal::agent
