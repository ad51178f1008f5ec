#include "dbus/ctl/audit_entries.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>
#include <utility>

#include "audit/error.h"
#include "dbus/ctl/duration.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/timestamp.h"
#include "dbus/ctl/variant_map.h"

namespace edgeseal::ctl {
namespace {

constexpr std::uint32_t kPage = 256;
constexpr std::string_view kRoot = "/org/edgeseal";
constexpr std::string_view kApplication = "/org/edgeseal/application/";

// In microseconds.
std::uint64_t since_1970(std::chrono::sys_seconds time) {
  const std::chrono::microseconds since = time.time_since_epoch();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
}

std::uint64_t parse_since(const std::string& text) {
  std::tm fields{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  if (end != nullptr && *end == '\0')
    return since_1970(std::chrono::sys_seconds(std::chrono::seconds(timegm(&fields))));
  return since_1970(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) -
                    parse_duration(text, "the time (2h, 2026-01-31T12:00:00Z)"));
}

VariantMap options_of(const WantedEntries& wanted) {
  VariantMap options;
  for (const auto& [name, value] :
       {std::pair{"kind", wanted.kind}, {"caller", wanted.caller}, {"object", wanted.object}})
    if (!value.empty()) options[name] = sdbus::Variant(value);
  if (!wanted.since.empty()) options["since"] = sdbus::Variant(parse_since(wanted.since));
  if (wanted.after) options["after"] = sdbus::Variant(*wanted.after);
  return options;
}

AuditEntry entry_of(std::string text) {
  try {
    audit::Line line = audit::read_line("the agent", text);
    return {std::move(text), std::move(line)};
  } catch (const audit::Error& error) {
    throw Failure(ExitCode::Refused, std::string("what the agent sent is no entry of an audit log: ") + error.what());
  }
}

AuditEntries page_of(AgentConnection& agent, const VariantMap& options) {
  AuditEntries page;
  agent.with_audit([&](dbus::RemoteAudit& remote) {
    auto [texts, more] = remote.List(options);
    std::ranges::transform(texts, std::back_inserter(page.entries), entry_of);
    page.more = more;
  });
  return page;
}

std::string without_root(const std::string& object) {
  if (object.starts_with(kApplication)) return object.substr(kApplication.size());
  if (object == kRoot) return "-";
  return object.starts_with(kRoot) ? object.substr(kRoot.size() + 1) : object;
}

std::string cut(const std::string& text, size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 2) + "..";
}

std::string caller_of(const audit::Entry& entry) {
  return entry.caller ? entry.caller->account.empty() ? "-" : entry.caller->account : "-";
}

std::uint64_t microseconds_of(const audit::Entry& entry) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(entry.time.time_since_epoch().count(), 0));
}

void add(Table& table, const std::string& name, const std::string& value) {
  if (!value.empty()) table.add({name, printable(value)});
}

}  // namespace

AuditEntries some_entries(AgentConnection& agent, const WantedEntries& wanted) {
  VariantMap options = options_of(wanted);
  options["newest"] = sdbus::Variant(!wanted.after);
  options["limit"] = sdbus::Variant(std::clamp<std::uint32_t>(wanted.count, 1, kPage));
  return page_of(agent, options);
}

std::optional<AuditEntry> entry_after(AgentConnection& agent, std::uint64_t sequence) {
  AuditEntries page =
      page_of(agent, {{"after", sdbus::Variant(sequence)}, {"limit", sdbus::Variant(std::uint32_t{1})}});
  if (page.entries.empty()) return std::nullopt;
  return std::move(page.entries.front());
}

std::vector<AuditEntry> later_entries(AgentConnection& agent, const WantedEntries& wanted) {
  WantedEntries next = wanted;
  std::vector<AuditEntry> all;
  for (bool more = true; more;) {
    VariantMap options = options_of(next);
    options["limit"] = sdbus::Variant(kPage);
    AuditEntries page = page_of(agent, options);
    std::ranges::move(page.entries, std::back_inserter(all));
    more = page.more && !page.entries.empty();
    if (!all.empty()) next.after = all.back().line.entry.sequence;
  }
  return all;
}

Table table_of(const std::vector<AuditEntry>& entries) {
  Table table({"ENTRY", "TIME", "CALLER", "WHAT", "ON", "OUTCOME"});
  for (const AuditEntry& one : entries) {
    const audit::Entry& entry = one.line.entry;
    const bool done = entry.outcome == "success";
    table.add({std::to_string(entry.sequence), timestamp_text(microseconds_of(entry)),
               printable(cut(caller_of(entry), 10)), printable(cut(entry.kind, 28)),
               printable(cut(without_root(entry.object), 12)), printable(cut(entry.outcome, 13))},
              done ? Colour::Plain : Colour::Warning);
  }
  return table;
}

void print_entry(const AuditEntry& one, const Output& output) {
  if (output.json()) return output.print_json(nlohmann::json::parse(one.text));
  const audit::Entry& entry = one.line.entry;
  Table table;
  table.add({"Entry", std::to_string(entry.sequence)});
  table.add({"Time", timestamp_text(microseconds_of(entry))});
  table.add({"What", printable(entry.kind)});
  add(table, "On", entry.object);
  add(table, "Outcome", entry.outcome);
  add(table, "Message", entry.message);
  if (entry.caller) {
    add(table, "Account", entry.caller->account);
    add(table, "Process", entry.caller->pid > 0 ? std::to_string(entry.caller->pid) : "");
    add(table, "Unit", entry.caller->unit);
    add(table, "Bus name", entry.caller->bus_name);
  }
  for (const auto& [name, value] : entry.fields) add(table, printable(name), value);
  table.add({"SHA-256", audit::to_text(one.line.hash)});
  output.print(table);
}

}  // namespace edgeseal::ctl
