#include "agent/audit/audit_entry.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <list>
#include <optional>
#include <string_view>

#include "dbus/object_path.h"

namespace edgeseal::agent {

namespace {

// Done, though people have to look at it.
constexpr std::array<std::string_view, 3> done_kinds = {"device-reset", "server-reset", "staged-key-imported"};

std::string taken(Audit::Fields& fields, const std::string& name) {
  auto node = fields.extract(name);
  return node.empty() ? std::string() : std::move(node.mapped());
}

template <class Number>
Number number_of(const std::string& text, Number otherwise) {
  Number number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<audit::Caller> caller_of(Audit::Fields& fields) {
  const std::string bus_name = taken(fields, "caller"), uid = taken(fields, "uid"), pid = taken(fields, "pid");
  if (bus_name.empty() && uid.empty()) return std::nullopt;
  return audit::Caller{number_of(uid, static_cast<uid_t>(-1)), "", number_of(pid, pid_t{-1}), "", bus_name};
}

// The path on the bus; of a directory, its own.
std::string object_of(const Audit::Fields& fields) {
  const auto application = fields.find("application"), group = fields.find("group"), path = fields.find("path");
  if (path != fields.end()) return path->second;
  if (application == fields.end() || application->second.empty()) return dbus::kRootPath;
  if (group == fields.end() || group->second.empty()) return dbus::application_path(application->second);
  return dbus::group_path({application->second, group->second});
}

std::string outcome_of(Level level, const std::string& kind, Audit::Fields& fields) {
  const std::string result = taken(fields, "result");
  if (!result.empty()) return result;
  const bool told = level == Level::notice || level == Level::info;
  return told || std::ranges::find(done_kinds, kind) != done_kinds.end() ? "success" : audit::Entry().outcome;
}

std::string journal_name(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(c == '-' ? '_' : std::toupper(c)); });
  return name;
}

}  // namespace

audit::Entry audit_entry(Level level, const std::string& kind, const std::string& message,
                         const Audit::Fields& fields) {
  audit::Entry entry;
  entry.kind = kind;
  entry.message = message;
  entry.fields = fields;
  entry.caller = caller_of(entry.fields);
  entry.object = object_of(entry.fields);
  entry.outcome = outcome_of(level, kind, entry.fields);
  return entry;
}

KeptEntry::KeptEntry(const audit::Link& link)
    : sequence_(std::to_string(link.sequence)), hash_(audit::to_text(link.hash)) {
  if (link.sequence != 0) fields_ = {{"AUDIT_SEQUENCE", sequence_}, {"AUDIT_HASH", hash_}};
}

void log_audited(Level level, AuditKind kind, const std::string& message, const Audit::Fields& fields,
                 const audit::Link& kept) {
  const std::string kind_name = kind.name();
  const KeptEntry place(kept);
  std::list<std::string> names;
  std::vector<Field> entry{{"KIND", kind_name}};
  for (const auto& [name, value] : fields) entry.push_back({names.emplace_back(journal_name(name)), value});
  std::ranges::copy(place.fields(), std::back_inserter(entry));
  log(level, kind.id(), message, entry);
}

}  // namespace edgeseal::agent
