#pragma once

#include <functional>
#include <map>
#include <string>

#include "agent/audit/audit_kind.h"
#include "agent/journal.h"

namespace edgeseal::agent {

class AuditLog;

// What an auditor wants to know beside the decisions on calls (CallAudit): one entry in the audit log, one in the
// journal with the fields as EDGESEAL_<NAME>, and, without who called, the signal Audit1.Recorded.
// Secrets never: no private key, PIN, nonce, passphrase. Loop's thread.
class Audit {
 public:
  using Fields = std::map<std::string, std::string>;  // names in lower case: "group", "certificate-type", "caller"
  using Listener = std::function<void(const std::string& kind, const Fields& fields)>;

  explicit Audit(Listener listener) : listener_(std::move(listener)) {}
  // Outlives the use of this; without one there is the journal alone.
  void use_log(AuditLog& log) { log_ = &log; }

  // `message`: one sentence for people.
  void record(Level level, AuditKind kind, const std::string& message, const Fields& fields) const;

 private:
  const Listener listener_;
  AuditLog* log_ = nullptr;
};

}  // namespace edgeseal::agent
