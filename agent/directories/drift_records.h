#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "agent/audit/audit.h"
#include "agent/directories/guarded_directory.h"
#include "agent/log_limit.h"

namespace edgeseal::agent {

// Drift in the audit trail: kind directory-drift, with path, found, wanted, action, and where there are some remedy,
// reason, application, group. Each directory has so many records per minute, so that a storm in one takes nothing away
// from the others; the rest is counted. Loop's thread.
class DriftRecords {
 public:
  using Time = LogLimit::Time;

  DriftRecords(const Audit& audit, std::size_t per_minute) : audit_(audit), per_minute_(per_minute) {}

  void record(const GuardedDirectory& directory, const std::vector<policy::Finding>& findings,
              const std::string& action, const std::string& reason, Time now);
  void forget(const std::string& path) { spent_.erase(path); }

 private:
  struct Spent {
    Time since{0};
    std::size_t records = 0;
  };
  void record(const GuardedDirectory& directory, const policy::Finding& finding, const std::string& action,
              const std::string& reason, const std::string& more) const;

  const Audit& audit_;
  const std::size_t per_minute_;
  LogLimit limit_;                      // of the counts
  std::map<std::string, Spent> spent_;  // by path of the directory
};

}  // namespace edgeseal::agent
