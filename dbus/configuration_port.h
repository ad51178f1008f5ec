#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <string>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

// What becomes of applications whose file is gone.
enum class Undeclared { Refuse, Delete };

// One thing that the files declare, or declared: see Configuration1.Plan.
struct ConfigurationChange {
  std::string kind, name, change, detail;
};

// org.edgeseal.Configuration1
class ConfigurationPort {
 public:
  virtual ~ConfigurationPort() = default;
  [[nodiscard]] virtual std::vector<ConfigurationChange> plan_configuration(Undeclared undeclared) = 0;
  virtual void apply_configuration(const Caller& caller, Undeclared undeclared,
                                   Completion<std::vector<ConfigurationChange>> done) = 0;
};

}  // namespace edgeseal::dbus
