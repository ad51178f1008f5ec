#include "agent/audit/audit_budget.h"

namespace edgeseal::agent {

namespace {

// A part of the agent changes things in a name that no connection of the bus can have: TransactionOwner.
bool is_agent(const audit::Caller& caller) {
  return caller.uid == static_cast<uid_t>(-1) && !caller.bus_name.empty() && !caller.bus_name.starts_with(':');
}

bool is_account(const audit::Entry& entry) {
  return entry.caller && !is_agent(*entry.caller);
}

// Who can make it happen. Callers that the bus has not told of yet are one; of what nobody called for it is the peers
// of an application on the network, the application, or the kind itself.
std::string source_of(const audit::Entry& entry) {
  if (entry.caller && is_agent(*entry.caller)) return "agent " + entry.caller->bus_name;
  if (entry.caller && entry.caller->uid == static_cast<uid_t>(-1)) return "nobody";
  if (entry.caller) return "uid " + std::to_string(entry.caller->uid);
  const auto application = entry.fields.find("application");
  if (application == entry.fields.end()) return "kind " + entry.kind;
  return "application " + application->second + (entry.kind.starts_with("validation-") ? " peers" : "");
}

}  // namespace

std::optional<std::string> AuditBudget::admit(const audit::Entry& entry, Time now) {
  if (entry.caller && entry.caller->uid == 0) return "";
  if (!is_account(entry)) return others_.admit(source_of(entry), now);
  if (entry.outcome == "success") return accounts_.admit(source_of(entry), now);
  return admit_refusal(source_of(entry), now);
}

std::optional<std::string> AuditBudget::admit_to_journal(const audit::Entry& entry, Time now) {
  return journal_.admit(source_of(entry), now);
}

std::optional<std::string> AuditBudget::admit_refusal(const std::string& source, Time now) {
  if (all_refusals_.is_spent("", now)) {
    refusals_.leave_out();
    return std::nullopt;
  }
  const auto more = refusals_.admit(source, now);
  if (more) (void)all_refusals_.admit("", now);
  return more;
}

}  // namespace edgeseal::agent
