#pragma once

#include <systemd/sd-bus.h>

#include <cstddef>

namespace edgeseal::dbus {

struct MessageLimits {
  size_t bytes = 1024 * 1024;  // strings and arrays of numbers, together
  size_t elements = 4096;      // entries of other arrays, together
};

// Judges a whole message before anything of it is copied: the bus lets 32 MiB and more through, which sdbus-c++ would
// copy byte by byte into every handler. Costs no more than the limits allow. Leaves the message rewound.
[[nodiscard]] bool within_limits(sd_bus_message* message, MessageLimits limits = {});

}  // namespace edgeseal::dbus
