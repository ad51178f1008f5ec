#pragma once

#include <string>
#include <vector>

#include "agent/audit/audit.h"
#include "agent/journal.h"
#include "audit/entry.h"

namespace edgeseal::agent {

// What Audit::record() is told; caller, uid and pid of the fields are the caller, whose names are not looked up.
[[nodiscard]] audit::Entry audit_entry(Level level, const std::string& kind, const std::string& message,
                                       const Audit::Fields& fields);

// Where an entry stands in the audit log, for the journal: a journal that is kept elsewhere is a witness of the log.
class KeptEntry {
 public:
  explicit KeptEntry(const audit::Link& link);
  // Empty where it is not kept. Lives as long as this.
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  KeptEntry(const KeptEntry&) = delete;
  KeptEntry& operator=(const KeptEntry&) = delete;

 private:
  const std::string sequence_, hash_;
  std::vector<Field> fields_;
};

// In the journal, what is audited: kind, fields ("certificate-type" is EDGESEAL_CERTIFICATE_TYPE), and where it is
// kept.
void log_audited(Level level, AuditKind kind, const std::string& message, const Audit::Fields& fields,
                 const audit::Link& kept);

}  // namespace edgeseal::agent
