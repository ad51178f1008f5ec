#include "agent/audit/audit_own_entry.h"

#include <fmt/format.h>

#include "agent/audit/audit_entry.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

Level level_of(const audit::Entry& entry) {
  if (entry.kind == audit::kind_broken) return Level::error;
  return entry.outcome == "success" ? Level::notice : Level::warning;
}

// People read the message alone.
std::string text_of(const audit::Entry& entry) {
  std::string details;
  for (const auto& [name, value] : entry.fields)
    if (name != "hash") details += fmt::format("{}{}: {}", details.empty() ? "" : ", ", name, value);
  return details.empty() ? entry.message : fmt::format("{} ({})", entry.message, details);
}

}  // namespace

void OwnEntry::log() const {
  const std::string remedy = entry_.kind == audit::kind_broken ? "; see: edgesealctl audit verify" : "";
  log_audited(level_of(entry_), AuditKind::of(entry_.kind), "the audit log: " + text_of(entry_) + remedy, entry_.fields,
              link_);
}

std::map<std::string, std::string> OwnEntry::told() const {
  auto told = entry_.fields;
  told["message"] = entry_.message;
  return told;
}

}  // namespace edgeseal::agent
