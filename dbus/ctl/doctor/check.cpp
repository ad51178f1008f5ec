#include "dbus/ctl/doctor/check.h"

#include <algorithm>

namespace edgeseal::ctl {

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Well: return "well";
    case Verdict::NotSeen: return "not-seen";
    case Verdict::Warning: return "warning";
    case Verdict::Failure: return "failure";
  }
  return "failure";
}

std::span<const Check> checks() {
  static const std::vector<Check> all = [] {
    std::vector<Check> parts;
    for (const auto part : {agent_checks(), certificate_checks(), system_checks()})
      parts.insert(parts.end(), part.begin(), part.end());
    return parts;
  }();
  return all;
}

Verdict Examined::verdict() const {
  if (findings.empty()) return Verdict::Well;
  return std::ranges::max_element(findings, {}, &Finding::verdict)->verdict;
}

std::vector<Examined> examine(const Facts& facts) {
  std::vector<Examined> all;
  for (const auto& check : checks()) all.push_back({&check, check.judge(facts)});
  return all;
}

int exit_status_of(const std::vector<Examined>& all) {
  int status = 0;
  for (const auto& one : all) {
    if (one.verdict() == Verdict::Failure) return 2;
    if (one.verdict() == Verdict::Warning) status = 1;
  }
  return status;
}

}  // namespace edgeseal::ctl
