#include "agent/directory_ports.h"

#include <unistd.h>

#include "agent/call_error.h"
#include "policy/error.h"
#include "policy/path_explanation.h"

namespace edgeseal::agent {

namespace {

dbus::DirectoryFinding to_shown(const policy::Finding& finding, const std::string& action) {
  return {finding.path, finding.found, finding.wanted, action, finding.remedy};
}

// One line per component, as namei(1) does it.
std::vector<dbus::DirectoryFinding> explain(const std::string& path) {
  std::vector<dbus::DirectoryFinding> shown;
  for (const policy::PathComponent& component : policy::explain_path(path, {::geteuid()}).components) {
    if (component.findings.empty()) shown.push_back({component.path, component.facts, "", "none", ""});
    for (const policy::Finding& finding : component.findings) shown.push_back(to_shown(finding, "reported"));
  }
  return shown;
}

}  // namespace

std::vector<dbus::DirectoryFinding> DirectoryPorts::audit(const std::string& path) {
  if (!path.empty()) {
    try {
      return explain(path);
    } catch (const policy::Error& error) {
      throw call_error(Error(Code::invalid_argument, error.what()));
    }
  }
  std::vector<dbus::DirectoryFinding> shown;
  for (const DirectoryDrift& drift : guard_.standing()) shown.push_back(to_shown(drift.finding, drift.action));
  return shown;
}

dbus::AdoptionPlan DirectoryPorts::plan_adoption(const dbus::AdoptedDirectory&) {
  throw call_error(Error(Code::not_supported, "directories of applications can't be adopted yet"));
}

void DirectoryPorts::adopt(const dbus::Caller&, const dbus::AdoptedDirectory&, bool, dbus::Completion<std::monostate>) {
  throw call_error(Error(Code::not_supported, "directories of applications can't be adopted yet"));
}

void DirectoryPorts::release(const dbus::Caller&, const std::string& path) {
  throw call_error(Error(Code::not_found, path + " is not adopted"));
}

std::vector<dbus::AdoptedDirectory> DirectoryPorts::adopted() const {
  return {};
}

}  // namespace edgeseal::agent
