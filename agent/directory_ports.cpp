#include "agent/directory_ports.h"

#include "agent/call_error.h"

namespace edgeseal::agent {

std::vector<dbus::DirectoryFinding> DirectoryPorts::audit(const std::string& path) {
  return translated([&] { return adoption_.audit(path); });
}

dbus::AdoptionPlan DirectoryPorts::plan_adoption(const dbus::AdoptedDirectory& directory) {
  return translated([&] { return adoption_.plan(directory); });
}

void DirectoryPorts::adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
                           dbus::Completion<std::monostate> done) {
  translated([&] {
    require_unlocked(anchor_);
    adoption_.adopt(caller, directory, import, to_answer(std::move(done)));
  });
}

void DirectoryPorts::release(const dbus::Caller& caller, const std::string& path) {
  translated([&] { adoption_.release(caller, path); });
}

std::vector<dbus::AdoptedDirectory> DirectoryPorts::adopted() const {
  return translated([&] { return adoption_.adopted(); });
}

}  // namespace edgeseal::agent
