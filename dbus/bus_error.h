#pragma once

#include <functional>
#include <string>

#include "dbus/compat.h"
#include "dbus/ports.h"

namespace edgeseal::dbus {

[[nodiscard]] sdbus::Error bus_error(const CallError& error);

// Inside a catch block: what the caller may see of the current exception. The text of what is no CallError goes to
// AuditPort::internal_error alone.
[[nodiscard]] CallError caller_error(AuditPort& audit, const std::string& where) noexcept;

// Runs `action`; what it throws goes to AuditPort::internal_error.
void contain(AuditPort& audit, const std::string& where, const std::function<void()>& action) noexcept;

}  // namespace edgeseal::dbus
