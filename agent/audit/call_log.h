#pragma once

#include <functional>
#include <optional>
#include <string>

#include "agent/log_limit.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// What was decided on calls of the bus, for the journal, of those that the audit log doesn't keep. An account gets so
// many entries at once, and earns them again in a minute: whoever floods drives out no entry but its own. What changed
// something is counted apart from refusals and from what was only read, so that these can't hide it.
class CallLog {
 public:
  using Clock = std::function<LogLimit::Time()>;

  static constexpr std::size_t entries_a_minute = 60;  // of each account, and of each of the two
  static constexpr LogLimit::Pace pace{entries_a_minute, LogLimit::Time(std::chrono::minutes(1)) / entries_a_minute};

  explicit CallLog(Clock now) : now_(std::move(now)) {}

  // The words of the entry; nothing: there is none.
  [[nodiscard]] std::optional<std::string> entry(const dbus::AuditRecord& record);
  // Of one that is not counted, whatever came before.
  [[nodiscard]] static std::string words(const dbus::AuditRecord& record);

 private:
  const Clock now_;
  LogLimit limit_{pace};
};

}  // namespace edgeseal::agent
