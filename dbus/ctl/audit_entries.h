#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/output.h"

namespace edgeseal::ctl {

// Which entries of the audit log are wanted: as Audit1.List has it.
struct WantedEntries {
  std::string since, kind, caller, object;  // since: "2h", or "2026-01-31T12:00:00Z"
  std::optional<std::uint64_t> after{};
  std::uint32_t count = 50;
};

// Each as it came, and what it says. A line that is no entry is a Failure: the agent never sends one.
struct AuditEntry {
  std::string text;
  audit::Line line;
};

struct AuditEntries {
  std::vector<AuditEntry> entries;  // the oldest first
  bool more = false;                // that were wanted: before the first of the newest; else after the last
};

// wanted.count of them at most: the newest, or the first after wanted.after, where that is given.
[[nodiscard]] AuditEntries some_entries(AgentConnection& agent, const WantedEntries& wanted);
// The first one after that number.
[[nodiscard]] std::optional<AuditEntry> entry_after(AgentConnection& agent, std::uint64_t sequence);
// All after wanted.after, asked for in pages.
[[nodiscard]] std::vector<AuditEntry> later_entries(AgentConnection& agent, const WantedEntries& wanted);

// 100 columns wide.
[[nodiscard]] Table table_of(const std::vector<AuditEntry>& entries);
// All that one says.
void print_entry(const AuditEntry& entry, const Output& output);

}  // namespace edgeseal::ctl
