#include "agent/log_limit.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace edgeseal::agent {

void LogLimit::refill(Subject& subject, Time now) const {
  if (now < subject.since) subject.since = now;  // a clock of day was set back
  const auto earned = static_cast<std::size_t>((now - subject.since) / pace_.interval);
  if (earned == 0) return;
  const bool full = subject.left + earned >= pace_.at_once;
  subject.since = full ? now : subject.since + pace_.interval * static_cast<Time::rep>(earned);
  subject.left = full ? pace_.at_once : subject.left + earned;
}

void LogLimit::forget_idle(Time now) {
  for (auto subject = subjects_.begin(); subject != subjects_.end();) {
    refill(subject->second, now);
    const bool idle = subject->second.left == pace_.at_once;
    if (idle) rest_.left_out += subject->second.left_out;
    subject = idle ? subjects_.erase(subject) : std::next(subject);
  }
}

LogLimit::Subject& LogLimit::refilled(const std::string& name, Time now) {
  auto known = subjects_.find(name);
  if (known == subjects_.end() && subjects_.size() >= max_subjects) forget_idle(now);
  if (known == subjects_.end() && subjects_.size() < max_subjects)
    known = subjects_.emplace(name, Subject{now, pace_.at_once}).first;
  Subject& subject = known == subjects_.end() ? rest_ : known->second;
  refill(subject, now);
  return subject;
}

std::string LogLimit::note(Subject& subject) {
  const std::size_t others = std::exchange(rest_.left_out, 0), like_it = std::exchange(subject.left_out, 0);
  if (like_it == 0 && others == 0) return "";
  if (others == 0) return fmt::format(" (and {} more like it)", like_it);
  if (like_it == 0) return fmt::format(" (and {} more of others)", others);
  return fmt::format(" (and {} more like it, {} of others)", like_it, others);
}

std::optional<std::string> LogLimit::admit(const std::string& subject, Time now) {
  Subject& its = refilled(subject, now);
  if (its.left == 0) {
    ++its.left_out;
    return std::nullopt;
  }
  --its.left;
  return note(its);
}

}  // namespace edgeseal::agent
