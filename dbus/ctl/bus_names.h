#pragma once

#include <string>
#include <vector>

namespace edgeseal::ctl {

// What the system bus knows without anything being started for the answer; each call has a connection of its own.

// Whether somebody has this name on the bus now.
[[nodiscard]] bool is_on_bus(const std::string& name);
// The services that systemd has files of and that may be started by their names, thus no templates; by name.
[[nodiscard]] std::vector<std::string> installed_services();

}  // namespace edgeseal::ctl
