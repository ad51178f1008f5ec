#pragma once

#include <systemd/sd-bus.h>

#include "dbus/ports.h"

namespace edgeseal::dbus {

// Of a call that nobody has decided on: by whom as the bus names them, which member, of which object.
[[nodiscard]] AuditRecord record_of(sd_bus_message* call);

}  // namespace edgeseal::dbus
