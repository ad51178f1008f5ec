#include "agent/directories/directory_ports.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/call_error.h"
#include "agent/configuration/declared_record.h"

namespace edgeseal::agent {

std::vector<dbus::DirectoryFinding> DirectoryPorts::audit(const std::string& path) {
  return translated([&] { return adoption_.audit(path); });
}

void DirectoryPorts::plan_adoption(const dbus::AdoptedDirectory& directory, dbus::Completion<dbus::AdoptionPlan> done) {
  translated([&] { adoption_.plan(directory, to_answer(std::move(done))); });
}

void DirectoryPorts::adopt(const dbus::Caller& caller, const dbus::AdoptedDirectory& directory, bool import,
                           dbus::Completion<std::monostate> done) {
  translated([&] {
    require_unlocked(anchor_);
    adoption_.adopt(caller, directory, import, to_answer(std::move(done)));
  });
}

// Its file would have it adopted again at some later start.
void DirectoryPorts::require_undeclared(const std::string& path) const {
  const std::vector<AdoptedRecord> declared = read_declared(state_).directories;
  const auto found = std::ranges::find(declared, path, &AdoptedRecord::path);
  if (found != declared.end() && adoption_.has(path))
    throw Error(Code::invalid_state,
                fmt::format("{} is declared by the file of application {}: take its [[adopt]] out there, then run "
                            "edgesealctl config apply",
                            path, found->application));
}

void DirectoryPorts::release(const dbus::Caller& caller, const std::string& path) {
  translated([&] {
    require_undeclared(path);
    adoption_.release(caller, path);
  });
}

std::vector<dbus::AdoptedDirectory> DirectoryPorts::adopted() const {
  return translated([&] { return adoption_.adopted(); });
}

}  // namespace edgeseal::agent
