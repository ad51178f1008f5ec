#include "agent/audit/call_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbus/generated/privileges.h"

namespace edgeseal::agent {
namespace {

bool reads_only(const std::string& member) {
  const auto found = std::ranges::find(dbus::kDeclaredMethods, member, &dbus::DeclaredMethod::member);
  return found != std::ranges::end(dbus::kDeclaredMethods) && found->privilege == dbus::Privilege::Inspect;
}

}  // namespace

std::optional<std::string> CallLog::entry(const dbus::AuditRecord& record) {
  const bool changes = record.success && !reads_only(record.member);
  const auto note = limit_.admit(fmt::format("{} {}", record.caller.uid, changes ? "changes" : "else"), now_());
  if (!note) return std::nullopt;
  return words(record) + *note;
}

std::string CallLog::words(const dbus::AuditRecord& record) {
  const std::string outcome = record.success ? "allowed and done" : "refused: " + record.error;
  return fmt::format("{} on {} by uid {}: {}", record.member, record.object_path, record.caller.uid, outcome);
}

}  // namespace edgeseal::agent
