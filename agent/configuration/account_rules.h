#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/configuration/configuration_surroundings.h"
#include "agent/configuration/configuration_table.h"

namespace edgeseal::agent {

// What a file says of accounts, judged by those of the machine for which it is, and told with the line of the key. An
// empty name names nobody.
void judge_user(const ConfigurationTable& table, std::string_view key, const std::string& name,
                const ConfigurationSurroundings& surroundings);
void judge_group(const ConfigurationTable& table, std::string_view key, const std::string& name,
                 const ConfigurationSurroundings& surroundings);
// Its list `access`.
void judge_access(const ConfigurationTable& table, const std::vector<std::string>& access,
                  const ConfigurationSurroundings& surroundings);

}  // namespace edgeseal::agent
