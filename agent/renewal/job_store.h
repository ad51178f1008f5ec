#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "agent/renewal/job.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

inline constexpr std::string_view jobs_record = "jobs";  // of State

// All jobs, on the disk before anything comes of a change: at most one of a slot is under way, the last few that have
// ended can still be looked at. Loop's thread.
class JobStore {
 public:
  struct Observer {
    std::function<void(const Job&)> added, changed;
    std::function<void(JobNumber)> removed;
  };
  static constexpr std::size_t kept_when_ended = 16;

  // What cannot be read is logged and forgotten: certificates are asked for anew.
  JobStore(State& state, Observer observer);

  [[nodiscard]] const std::vector<Job>& all() const { return record_.jobs; }
  [[nodiscard]] const Job& get(JobNumber number) const;  // throws Error{not_found}
  [[nodiscard]] const Job* under_way(const Slot& slot) const;
  // All throw Error{state_unavailable}; then nothing has changed. add: gives it its number.
  JobNumber add(Job job);
  void change(JobNumber number, const std::function<void(Job&)>& edit);
  // The same for what has happened already. It counts also where it can't be written: then it gets to the disk with the
  // next change, and a start before that finds what was there, and tries again what came to nothing.
  void settle(JobNumber number, const std::function<void(Job&)>& edit);
  // What need not survive: how far it is.
  void show(JobNumber number, const std::string& stage);

 private:
  [[nodiscard]] JobRecord with(JobNumber number, const std::function<void(Job&)>& edit) const;
  void write(const JobRecord& record);
  void show_changes(JobNumber number, const JobRecord& before) const;

  State& state_;
  const Observer observer_;
  JobRecord record_;
  bool written_ = true;  // as it is
};

}  // namespace edgeseal::agent
