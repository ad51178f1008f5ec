#include "agent/directories/drift_records.h"

#include <fmt/format.h>

#include <chrono>

namespace edgeseal::agent {

using policy::Finding;

void DriftRecords::record(const GuardedDirectory& directory, const std::vector<Finding>& findings,
                          const std::string& action, const std::string& reason, Time now) {
  Spent& spent = spent_[directory.path];
  if (now - spent.since >= std::chrono::minutes(1)) spent = {now};
  std::size_t left_out = 0;
  for (const Finding& finding : findings) {
    if (spent.records >= per_minute_) {
      ++left_out;
    } else {
      ++spent.records;
      record(directory, finding, action, reason, "");
    }
  }
  if (left_out == 0) return;
  const Finding rest{policy::Fault::content, directory.path, fmt::format("{} more findings", left_out), "none", ""};
  if (const auto more = limit_.admit(action + rest.path, now)) record(directory, rest, action, reason, *more);
}

void DriftRecords::record(const GuardedDirectory& directory, const Finding& finding, const std::string& action,
                          const std::string& reason, const std::string& more) const {
  Audit::Fields fields{
      {"path", finding.path}, {"found", finding.found}, {"wanted", finding.wanted}, {"action", action}};
  if (!directory.application.empty()) fields["application"] = directory.application;
  if (!directory.group.empty()) fields["group"] = directory.group;
  std::string message = fmt::format("{}: {}, wanted: {}; {}", finding.path, finding.found, finding.wanted, action);
  if (!reason.empty()) message += ": " + (fields["reason"] = reason);
  const bool open = action == "refused" || action == "reported";
  if (open && !finding.remedy.empty()) message += "; remedy: " + (fields["remedy"] = finding.remedy);
  audit_.record(Level::warning, "directory-drift", message + more, fields);
}

}  // namespace edgeseal::agent
