#pragma once

#include <string>
#include <vector>

#include "dbus/ctl/text_map.h"

namespace edgeseal::ctl {

// As Configuration1.Plan and Apply tell it.
using ConfigurationChange = TextMap;

// Of edgeseal.toml, as "section.key": those that differ from what the agent runs with, and that a restart takes up.
[[nodiscard]] std::vector<std::string> waiting_settings(const std::vector<ConfigurationChange>& changes);

}  // namespace edgeseal::ctl
