#pragma once

#include <string>

#include "agent/configuration/configuration_problems.h"
#include "agent/configuration/configuration_surroundings.h"
#include "agent/configuration/declarations.h"

namespace edgeseal::agent {

// Adds what applications.d/NAME.toml declares. With a mistake of the form nothing is added.
void read_application_file(const std::string& path, const ConfigurationSurroundings& surroundings,
                           Declarations& declarations, ConfigurationProblems& problems);

}  // namespace edgeseal::agent
