#pragma once

#include <map>
#include <string>

#include "dbus/compat.h"

namespace edgeseal::crash {

using Properties = std::map<std::string, sdbus::Variant>;
using Interfaces = std::map<std::string, Properties>;
using Objects = std::map<sdbus::ObjectPath, Interfaces>;

// All objects of the agent.
[[nodiscard]] Objects managed_objects(sdbus::IConnection& connection);

}  // namespace edgeseal::crash
