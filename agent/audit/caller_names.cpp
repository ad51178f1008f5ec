#include "agent/audit/caller_names.h"

#include "agent/peer.h"
#include "policy/accounts.h"

namespace edgeseal::agent {

CallerNames::CallerNames() : CallerNames(policy::describe_user) {}

void CallerNames::complete(audit::Caller& caller, Time now) {
  if (caller.uid == static_cast<uid_t>(-1)) return;
  caller.account = account(caller.uid, now);
  caller.unit = unit_of(caller.pid, caller.uid);
}

const std::string& CallerNames::account(uid_t uid, Time now) {
  const auto known = accounts_.find(uid);
  if (known != accounts_.end() && now - known->second.since < remembered_for) return known->second.name;
  if (known == accounts_.end() && accounts_.size() >= max_accounts) accounts_.clear();
  return accounts_.insert_or_assign(uid, Account{account_of_(uid), now}).first->second.name;
}

}  // namespace edgeseal::agent
