#include "agent/log_limit.h"

#include <fmt/format.h>

namespace edgeseal::agent {

std::optional<std::string> LogLimit::admit(const std::string& subject, Time now) {
  const auto known = subjects_.find(subject);
  if (known == subjects_.end()) {
    if (subjects_.size() >= max_subjects)
      std::erase_if(subjects_, [now](const auto& entry) { return now - entry.second.since >= interval; });
    if (subjects_.size() >= max_subjects) return std::nullopt;
    subjects_.emplace(subject, Subject{now});
    return "";
  }
  if (now - known->second.since < interval) {
    ++known->second.left_out;
    return std::nullopt;
  }
  const std::size_t left_out = known->second.left_out;
  known->second = {now};
  return left_out == 0 ? "" : fmt::format(" (and {} more like it)", left_out);
}

}  // namespace edgeseal::agent
