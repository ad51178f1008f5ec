#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace edgeseal::agent {

// Keeps what a local program can cause from flooding the journal: one entry per subject and minute, which then says how
// many were left out. Bounded; not thread-safe.
class LogLimit {
 public:
  using Time = std::chrono::microseconds;

  // What to append to the entry ("" or " (and 17 more like it)"); nothing: leave the entry out.
  [[nodiscard]] std::optional<std::string> admit(const std::string& subject, Time now);

 private:
  static constexpr std::chrono::minutes interval{1};
  static constexpr std::size_t max_subjects = 256;

  struct Subject {
    Time since;
    std::size_t left_out = 0;
  };
  std::map<std::string, Subject> subjects_;
};

}  // namespace edgeseal::agent
