#pragma once

#include <string>
#include <vector>

#include "dbus/configuration_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

// Files in which `changes` are due until they are applied.
class FakeConfiguration final : public ConfigurationPort {
 public:
  mutable Fault fault;
  std::vector<ConfigurationChange> changes;
  std::string mistakes;  // of the files, a line each; empty: none
  std::string gone;      // file of an application
  std::vector<uid_t> applied_by;

  std::vector<ConfigurationChange> plan_configuration(Undeclared undeclared) override {
    fault.strike();
    if (!mistakes.empty()) throw CallError("InvalidArgument", mistakes);
    if (!gone.empty() && undeclared == Undeclared::Refuse) throw CallError("InvalidState", gone + " is gone");
    return changes;
  }
  void apply_configuration(const Caller& caller, Undeclared undeclared,
                           Completion<std::vector<ConfigurationChange>> done) override {
    auto due = plan_configuration(undeclared);
    for (ConfigurationChange& change : changes)
      if (change.change != "restart") change.change = "unchanged";
    applied_by.push_back(caller.uid);
    done(std::move(due));
  }
};

}  // namespace edgeseal::dbus::fake
