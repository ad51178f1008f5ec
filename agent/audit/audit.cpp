#include "agent/audit/audit.h"

#include <array>

#include "agent/audit/audit_entry.h"
#include "agent/audit/audit_log.h"

namespace edgeseal::agent {

namespace {

// What says who called. An entry without a caller may have a session of another kind.
constexpr std::array caller_fields = {"caller", "uid", "pid", "session", "user", "client-thumbprint"};

Audit::Fields without_caller(Audit::Fields fields) {
  if (!fields.contains("caller") && !fields.contains("uid")) return fields;
  for (const char* name : caller_fields) fields.erase(name);
  return fields;
}

}  // namespace

void Audit::record(Level level, AuditKind kind, const std::string& message, const Fields& fields) const {
  const std::string name = kind.name();
  const audit::Entry entry = audit_entry(level, name, message, fields);
  const AuditLog::Kept kept = log_ == nullptr ? AuditLog::Kept{} : log_->keep(entry);
  const auto more = kept.left_out ? log_->admit_to_journal(entry) : "";
  if (more) log_audited(level, kind, message + *more, fields, kept);
  if (!listener_) return;
  Fields told = without_caller(fields);
  told["message"] = message;
  listener_(name, told);
}

}  // namespace edgeseal::agent
