#pragma once

#include "agent/audit/audit_log.h"
#include "agent/audit/call_log.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// Calls over the bus, each as it was decided and what came of it: one entry in the audit log unless it only read
// something that the caller may read, and one in the journal, which has all that the audit log keeps and of the others
// what CallLog lets through.
class CallAudit {
 public:
  // `now` is that of the event loop.
  CallAudit(AuditLog& log, CallLog::Clock now) : log_(log), words_(std::move(now)) {}

  void record(const dbus::AuditRecord& record);

 private:
  AuditLog& log_;
  CallLog words_;
};

}  // namespace edgeseal::agent
