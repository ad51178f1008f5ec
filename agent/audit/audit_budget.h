#pragma once

#include <optional>
#include <string>

#include "agent/audit/call_log.h"
#include "agent/log_limit.h"
#include "audit/entry.h"

namespace edgeseal::agent {

// So that nobody but root can push the entries of others out of the audit log: whoever causes more entries than anybody
// needs has some of them left out, and counted. Loop's thread.
class AuditBudget {
 public:
  using Time = LogLimit::Time;

  // What to append to the message of the entry; nothing: leave it out. Of the caller it takes no more than the bus
  // tells: uid and bus name.
  [[nodiscard]] std::optional<std::string> admit(const audit::Entry& entry, Time now);
  // The same for the journal, of an event that was left out: as many as of the calls of an account.
  [[nodiscard]] std::optional<std::string> admit_to_journal(const audit::Entry& entry, Time now);

 private:
  [[nodiscard]] std::optional<std::string> admit_refusal(const std::string& source, Time now);

  // 20 refusals of an account at once, then one an hour; of all accounts together 400, then one in five minutes. Of
  // other entries 500 at once by an account, about an application, or by a part of the agent, then one in two minutes;
  // by accounts, which are many, counted apart from the rest.
  LogLimit refusals_{{20, std::chrono::hours(1)}};
  LogLimit all_refusals_{{400, std::chrono::minutes(5)}};
  LogLimit accounts_{{500, std::chrono::minutes(2)}};
  LogLimit others_{{500, std::chrono::minutes(2)}};
  LogLimit journal_{CallLog::pace};
};

}  // namespace edgeseal::agent
