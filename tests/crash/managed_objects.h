#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <string>

namespace edgeseal::crash {

using Properties = std::map<std::string, sdbus::Variant>;
using Interfaces = std::map<std::string, Properties>;
using Objects = std::map<sdbus::ObjectPath, Interfaces>;

// All objects of the agent.
[[nodiscard]] Objects managed_objects(sdbus::IConnection& connection);

}  // namespace edgeseal::crash
