#include "agent/audit/call_audit.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "agent/audit/audit_entry.h"
#include "agent/journal.h"
#include "dbus/audited_calls.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view interface_prefix = "org.edgeseal.";

std::string method_of(const dbus::AuditRecord& record) {
  std::string_view member = record.member;
  if (member.starts_with(interface_prefix)) member.remove_prefix(interface_prefix.size());
  return std::string(member);
}

audit::Entry entry_of(const dbus::AuditRecord& record) {
  audit::Entry entry;
  entry.kind = method_of(record);
  entry.caller = audit::Caller{record.caller.uid, "", record.caller.pid, "", record.caller.bus_name};
  entry.object = record.object_path;
  entry.outcome = record.success ? "success" : record.error.empty() ? entry.outcome : record.error;
  if (!record.caller.session.empty()) entry.fields["session"] = record.caller.session;
  if (!record.caller.user.empty()) entry.fields["user"] = record.caller.user;
  return entry;
}

}  // namespace

void CallAudit::record(const dbus::AuditRecord& record) {
  const bool audited = !record.success || dbus::audited_calls(record.member) == dbus::AuditedCalls::All;
  const KeptEntry entry(audited ? log_.keep(entry_of(record)) : audit::Link{});
  const auto words = entry.fields().empty() ? words_.entry(record) : CallLog::words(record);
  if (!words) return;
  const std::string uid = std::to_string(record.caller.uid), pid = std::to_string(record.caller.pid);
  const std::string_view result = record.success ? std::string_view("success") : record.error;
  std::vector<Field> fields{{"MEMBER", record.member},
                            {"OBJECT", record.object_path},
                            {"CALLER", record.caller.bus_name},
                            {"CALLER_UID", uid},
                            {"CALLER_PID", pid},
                            {"RESULT", result}};
  std::ranges::copy(entry.fields(), std::back_inserter(fields));
  log(record.success ? Level::info : Level::warning, Event::call_decided, *words, fields);
}

}  // namespace edgeseal::agent
