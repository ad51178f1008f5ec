#include "agent/audit/audit_log_ports.h"

#include <algorithm>
#include <limits>

#include "agent/call_error.h"

namespace edgeseal::agent {

namespace {

audit::Filter filter_of(const dbus::AuditQuery& query) {
  constexpr std::uint64_t latest = std::numeric_limits<std::int64_t>::max();
  const std::chrono::microseconds since(static_cast<std::int64_t>(std::min(query.since, latest)));
  return {audit::Entry::Time(since), query.kind, query.caller, query.object, query.after};
}

dbus::AuditVerdict verdict_of(const AuditVerdict& verdict) {
  const audit::Verdict& chain = verdict.chain;
  dbus::AuditVerdict shown;
  shown.intact = verdict.intact();
  shown.first = chain.first;
  shown.head = to_text(chain.head);
  shown.entries = chain.entries;
  shown.lost = chain.lost;
  shown.anchor = finding_name(verdict.anchor);
  shown.write_problem = verdict.write_problem;
  if (!shown.intact) shown.problem = "what the disk says of the last entry of the log was not written by this agent";
  if (!chain.broken) return shown;
  shown.problem = chain.broken->problem;
  shown.bad_entry = chain.broken->sequence;
  shown.file = chain.broken->file;
  return shown;
}

}  // namespace

void AuditLogPorts::list(const dbus::AuditQuery& query, dbus::Completion<dbus::AuditPage> done) {
  translated([&] {
    log_.list(filter_of(query), query.newest ? audit::Which::newest : audit::Which::oldest, query.limit,
              to_answer<audit::Page, dbus::AuditPage>(std::move(done), [](const audit::Page& page) {
                return dbus::AuditPage{page.lines, page.more};
              }));
  });
}

void AuditLogPorts::verify(dbus::Completion<dbus::AuditVerdict> done) {
  translated([&] { log_.verify(to_answer<AuditVerdict, dbus::AuditVerdict>(std::move(done), verdict_of)); });
}

}  // namespace edgeseal::agent
