#pragma once

#include "agent/audit/audit_log.h"
#include "dbus/audit_port.h"

namespace edgeseal::agent {

// What the bus leaf asks the audit log.
class AuditLogPorts final : public dbus::AuditLogPort {
 public:
  explicit AuditLogPorts(AuditLog& log) : log_(log) {}

  void list(const dbus::AuditQuery& query, dbus::Completion<dbus::AuditPage> done) override;
  void verify(dbus::Completion<dbus::AuditVerdict> done) override;

 private:
  AuditLog& log_;
};

}  // namespace edgeseal::agent
