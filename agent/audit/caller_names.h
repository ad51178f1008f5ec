#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "audit/entry.h"

namespace edgeseal::agent {

// Names of who calls, for entries that are kept: what they cost is asked of the account database and of /proc. The name
// of an account may be a minute old. Bounded; loop's thread.
class CallerNames {
 public:
  using Time = std::chrono::microseconds;
  using AccountOf = std::function<std::string(uid_t)>;

  static constexpr std::chrono::minutes remembered_for{1};
  static constexpr std::size_t max_accounts = 256;

  CallerNames();
  explicit CallerNames(AccountOf account_of) : account_of_(std::move(account_of)) {}

  // Fills in account and systemd unit, as they are now; of a caller whom nobody knows, neither.
  void complete(audit::Caller& caller, Time now);

 private:
  struct Account {
    std::string name;
    Time since;
  };
  [[nodiscard]] const std::string& account(uid_t uid, Time now);

  const AccountOf account_of_;
  std::map<uid_t, Account> accounts_;
};

}  // namespace edgeseal::agent
