#include "agent/audit/audit_anchor.h"

#include "agent/error.h"
#include "audit/entry.h"
#include "jose/bytes.h"

namespace edgeseal::agent {

std::string_view finding_name(AuditAnchor::Finding finding) {
  switch (finding) {
    case AuditAnchor::Finding::unchecked: return "unchecked";
    case AuditAnchor::Finding::matches: return "matches";
    case AuditAnchor::Finding::missing: return "missing";
    case AuditAnchor::Finding::forged: return "forged";
  }
  return "unchecked";
}

std::optional<audit::Link> AuditAnchor::claimed() const {
  const auto content = record_.unproven();
  if (!content) return std::nullopt;
  const auto link = audit::parse_link(jose::text_of(*content));
  return link && link->sequence < audit::max_sequence ? link : std::nullopt;
}

void AuditAnchor::check(bool has_log) {
  try {
    const bool read = record_.read().has_value();
    finding_ = read || !has_log ? Finding::matches : Finding::missing;
  } catch (const Error& error) {
    if (error.code() != Code::security_checks_failed) throw;
    finding_ = Finding::forged;
  }
}

void AuditAnchor::write(const audit::Link& head) {
  const std::string text = to_text(head);
  record_.write(std::as_bytes(std::span(text)));
}

}  // namespace edgeseal::agent
