#include "dbus/audit_record.h"

#include <string>

namespace edgeseal::dbus {
namespace {

std::string text(const char* value) {
  return value == nullptr ? "" : value;
}

}  // namespace

AuditRecord record_of(sd_bus_message* call) {
  AuditRecord record;
  record.caller.bus_name = text(sd_bus_message_get_sender(call));
  record.member = text(sd_bus_message_get_interface(call)) + "." + text(sd_bus_message_get_member(call));
  record.object_path = text(sd_bus_message_get_path(call));
  return record;
}

}  // namespace edgeseal::dbus
