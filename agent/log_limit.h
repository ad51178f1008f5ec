#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace edgeseal::agent {

// Keeps what a local program can cause from flooding the journal: one entry per subject and minute, or as often as
// `pace` says, which then says how many were left out. Bounded: the subjects for which there is no room share one
// allowance, and are counted together. Not thread-safe.
class LogLimit {
 public:
  using Time = std::chrono::microseconds;

  struct Pace {
    std::size_t at_once = 1;  // so many in a row, after a time without any
    Time interval = std::chrono::minutes(1);
  };

  LogLimit() : LogLimit(Pace{}) {}
  explicit LogLimit(Pace pace) : pace_(pace) {}

  // What to append to the entry ("", " (and 17 more like it)", " (and 17 more of others)" or both); nothing: leave the
  // entry out.
  [[nodiscard]] std::optional<std::string> admit(const std::string& subject, Time now);
  // Whether admit() would leave it out; it is not counted.
  [[nodiscard]] bool is_spent(const std::string& subject, Time now) { return refilled(subject, now).left == 0; }
  // Counts one that was left out for another reason: the next that is admitted tells it as of others.
  void leave_out() { ++rest_.left_out; }

 private:
  static constexpr std::size_t max_subjects = 256;

  struct Subject {
    Time since;        // left counts from there
    std::size_t left;  // that may be admitted now
    std::size_t left_out = 0;
  };
  void refill(Subject& subject, Time now) const;
  [[nodiscard]] Subject& refilled(const std::string& name, Time now);
  void forget_idle(Time now);
  [[nodiscard]] std::string note(Subject& subject);

  const Pace pace_;
  std::map<std::string, Subject> subjects_;
  Subject rest_{Time(0), pace_.at_once};  // those without room; left_out: of these, and of those that were forgotten
};

}  // namespace edgeseal::agent
