#pragma once

#include <string>
#include <vector>

#include "agent/audit/call_audit.h"
#include "tests/fakes/fake_journal.h"
#include "tests/unit/agent/audit_log_fixture.h"

namespace edgeseal::test {

// An audit log that is kept, and the journal beside it.
struct AuditLogRun : AuditLogFixture {
  agent::CallAudit calls{open(), [] { return agent::LogLimit::Time{}; }};

  static dbus::AuditRecord call(uid_t uid, const std::string& method, const std::string& error = "") {
    dbus::AuditRecord record;
    record.caller = {":1.9", uid, 1};
    record.member = "org.edgeseal.Agent1." + method;
    record.object_path = "/org/edgeseal";
    record.success = error.empty();
    record.error = error;
    return record;
  }
  // What the journal got that has this field.
  static std::vector<JournalEntry> journal_with(const std::string& field) {
    std::vector<JournalEntry> found = take_journal();
    std::erase_if(found, [&](const JournalEntry& entry) { return !entry.contains(field); });
    return found;
  }
  void record(int times, const dbus::AuditRecord& record) {
    for (int i = 0; i < times; ++i) calls.record(record);
  }
};

}  // namespace edgeseal::test
