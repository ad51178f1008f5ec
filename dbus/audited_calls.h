#pragma once

#include <string_view>

#include "dbus/privilege.h"

namespace edgeseal::dbus {

// As the XML declares it; of a member that it doesn't know: all.
[[nodiscard]] AuditedCalls audited_calls(std::string_view member);

}  // namespace edgeseal::dbus
