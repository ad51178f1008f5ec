#pragma once

#include "agent/state/state.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// An application as the bus shows it. Without the group of the device identity, which has an interface of its own.
[[nodiscard]] dbus::ApplicationInfo application_info(const ApplicationRecord& record);

}  // namespace edgeseal::agent
