#pragma once

#include <array>
#include <string>
#include <string_view>

#include "agent/audit/audit.h"
#include "agent/audit/audit_kind.h"
#include "agent/metrics/event_counts.h"

namespace edgeseal::agent {

// What was recorded for the audit. Loop's thread.
struct AuditCounts {
  EventCounts kinds;
  EventCounts drift;  // directory-drift, by what became of it

  static constexpr std::array<std::string_view, 4> drift_actions{"repaired", "refused", "reported", "resolved"};

  AuditCounts() {
    for (const AuditKindRow& kind : audit_kinds) kinds.expect(kind.name);
    for (const std::string_view action : drift_actions) drift.expect(action);
  }

  void count(const std::string& kind, const Audit::Fields& fields) {
    kinds.count(kind);
    const auto action = fields.find("action");
    if (kind == "directory-drift" && action != fields.end()) drift.count(action->second);
  }
};

}  // namespace edgeseal::agent
