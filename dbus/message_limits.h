#pragma once

#include <systemd/sd-bus.h>

#include <cstddef>
#include <optional>

namespace edgeseal::dbus {

struct MessageLimits {
  size_t bytes = 1024 * 1024;  // strings and arrays of numbers, together
  size_t elements = 4096;      // entries of other arrays, together
};

// Judges a whole message before anything of it is copied: the bus lets 32 MiB and more through, which sdbus-c++ would
// copy into every handler. Costs no more than the limits allow. Leaves the message rewound. The bytes that it has;
// none: it has more than the limits allow, or can't be read.
[[nodiscard]] std::optional<size_t> bytes_within(sd_bus_message* message, MessageLimits limits = {});

}  // namespace edgeseal::dbus
