#pragma once

#include <string>

#include "agent/configuration/configuration.h"

namespace edgeseal::agent {

// edgeseal.toml alone. What keeps the agent from serving keys is a mistake of the form; what costs one setting alone,
// which is then without effect, one of the meaning.
void read_main_file(const std::string& path, const ConfigurationSurroundings& surroundings,
                    Configuration& configuration, ConfigurationProblems& problems);

}  // namespace edgeseal::agent
