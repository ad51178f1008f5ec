#pragma once

#include <optional>
#include <string_view>

#include "agent/state/sealed_record.h"
#include "audit/hash.h"

namespace edgeseal::agent {

// The last entry of the audit log that the agent knows of, in a record of the state that nobody else can seal: so that
// a log that was cut, or written anew as a whole, is noticed. No TPM command: the TPM opened the seal when the agent
// started. Loop's thread.
class AuditAnchor {
 public:
  enum class Finding {
    unchecked,  // the seal isn't open yet
    matches,    // the agent wrote it, or it is the first start
    missing,    // there is a log, and no record
    forged      // somebody else wrote it
  };

  AuditAnchor(State& state, const IntegritySeal& seal) : record_(state, seal, "audit-head") {}

  // What the disk says, whoever wrote it. Throws Error{state_unavailable}.
  [[nodiscard]] std::optional<audit::Link> claimed() const;
  // Once the seal is open, and before write(). `has_log`: there was one when the agent started.
  void check(bool has_log);
  // Only of what is synced. Throws Error{tpm_unavailable}, {state_unavailable}.
  void write(const audit::Link& head);
  [[nodiscard]] Finding finding() const { return finding_; }

 private:
  SealedRecord record_;
  Finding finding_ = Finding::unchecked;
};

[[nodiscard]] std::string_view finding_name(AuditAnchor::Finding finding);

}  // namespace edgeseal::agent
