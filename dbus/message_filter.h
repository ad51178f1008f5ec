#pragma once

#include <systemd/sd-bus.h>

#include <memory>

#include "dbus/compat.h"
#include "dbus/ports.h"

namespace edgeseal::dbus {

// Sees calls before any object does: refuses those beyond the MessageLimits, and marks those that carry a secret, so
// that libsystemd overwrites them and their answers when they end.
class MessageFilter {
 public:
  MessageFilter(sdbus::IConnection& connection, AuditPort& audit);

 private:
  // libsystemd calls it: nothing may be thrown through C.
  static int on_message(sd_bus_message* message, void* self, sd_bus_error* error) noexcept;
  void refuse(sd_bus_message* call) noexcept;

  AuditPort& audit_;
  std::unique_ptr<sd_bus_slot, decltype(&sd_bus_slot_unref)> slot_;
};

}  // namespace edgeseal::dbus
