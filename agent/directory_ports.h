#pragma once

#include "agent/directory_guard.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of directories, given by the services of the agent.
class DirectoryPorts final : public dbus::TrustDirectoryPort {
 public:
  explicit DirectoryPorts(const DirectoryGuard& guard) : guard_(guard) {}

  std::vector<dbus::DirectoryFinding> audit(const std::string& path) override;
  dbus::AdoptionPlan plan_adoption(const dbus::AdoptedDirectory& directory) override;
  void adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
             dbus::Completion<std::monostate> done) override;
  void release(const dbus::Caller& caller, const std::string& path) override;
  std::vector<dbus::AdoptedDirectory> adopted() const override;

 private:
  const DirectoryGuard& guard_;
};

}  // namespace edgeseal::agent
