#pragma once

#include <string>

#include "agent/configuration/configuration.h"
#include "agent/configuration/configuration_problems.h"

namespace edgeseal::agent {

// Everything at the place, and what one file says of another. Good where no error was added.
[[nodiscard]] Configuration read_whole_configuration(const ConfigurationPlace& place,
                                                     const ConfigurationSurroundings& surroundings,
                                                     ConfigurationProblems& problems);
// One file alone, known by its directory: applications.d, enrolment.d, pcr-approvals.d, else edgeseal.toml.
void check_file(const std::string& path, const ConfigurationSurroundings& surroundings,
                ConfigurationProblems& problems);

}  // namespace edgeseal::agent
