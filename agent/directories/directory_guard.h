#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/answer.h"
#include "agent/audit/audit.h"
#include "agent/background_worker.h"
#include "agent/directories/directory_sweep.h"
#include "agent/directories/directory_watch.h"
#include "agent/directories/drift_records.h"
#include "agent/log_limit.h"

namespace edgeseal::agent {

// Holds directories as their rules say: watches them and sweeps them, at start, every few minutes, and when the watch
// has lost something. Drift is repaired: modes, owners and ACLs in place, all else by writing the whole directory
// again, one repair per directory and second at most. What can't be repaired is refused, and told once until it
// changes. Every drift is an audit record, directory-drift. The looking is done by `worker`, one directory at a time.
// Loop's thread.
class DirectoryGuard {
 public:
  struct Settings {
    std::chrono::milliseconds settle{50};       // from the first change to the look at it
    std::chrono::milliseconds interval{1000};   // between two looks at the same directory
    std::chrono::milliseconds slowest{60'000};  // the same, where repairs don't last
    std::chrono::milliseconds sweep{300'000};   // of everything
    std::size_t records = 16;                   // in the audit trail per look; the rest is counted
  };

  struct World {
    // All that are guarded. A directory that is about to be written, or whose content isn't known yet, is left out.
    std::function<std::vector<GuardedDirectory>()> directories;
    // Writes one again which has Means::restore, or makes one that is for no application and is missing.
    std::function<void(const GuardedDirectory& directory, Answer<std::monostate> answer)> restore;
  };

  DirectoryGuard(EventLoop& loop, BackgroundWorker& worker, const Audit& audit, World world, const Settings& settings);

  // After the world has changed. What has other rules than before, or is new, is looked at soon.
  void refresh();
  // Everything is looked at soon, and what was refused is tried again.
  void sweep_all();
  // What stands: it could not be repaired, or is not ours to repair.
  [[nodiscard]] std::vector<DirectoryDrift> standing() const;
  // Nothing is to be looked at before the next sweep, and nothing is under way.
  [[nodiscard]] bool idle() const;

 private:
  using Time = EventLoop::Time;

  struct Guarded {
    GuardedDirectory directory;
    std::optional<Time> due;
    Time looked{0}, not_before{0};  // two looks in a row, then no more than one per interval
    Time no_repair_before{0};
    unsigned repairs = 0, inconclusive = 0;  // in a row
    bool retry = false;                      // what stands is tried once more
    Before before;
    std::optional<std::pair<dev_t, ino_t>> itself;
    std::vector<policy::Finding> above, standing;  // what stands: above it, in it
    std::vector<policy::Finding> repaired;         // by the last repair
    std::string action, reason;                    // of what stands in it
  };
  // How a repair went. A finding that is not among the failures is repaired.
  struct Outcome {
    std::vector<policy::Finding> failed;
    std::string reason;
  };

  void mark(const std::string& path);
  void mark_below(const std::string& path);
  void arm();
  void step();
  [[nodiscard]] Guarded* next();
  [[nodiscard]] bool is_blocked(const std::string& path) const;
  void look(Guarded& guarded);
  void seen(const std::string& path, const std::shared_ptr<const policy::DirectoryRules>& rules, Sweep sweep);
  void judge(Guarded& guarded, Sweep sweep);
  [[nodiscard]] bool belongs_to_others(const Guarded& guarded, bool reached,
                                       const std::vector<policy::Finding>& findings);
  void repair(Guarded& guarded, std::vector<policy::Finding> findings);
  void restore(Guarded& guarded, std::vector<policy::Finding> findings);
  void clear(Guarded& guarded, std::vector<policy::Finding> findings);
  void repaired(const std::string& path, const std::vector<policy::Finding>& findings, const Outcome& outcome);
  void judge_above(Guarded& guarded, policy::Judgement above);
  void stand(Guarded& guarded, std::vector<policy::Finding> findings, const std::string& action,
             const std::string& reason);
  void record(const Guarded& guarded, const std::vector<policy::Finding>& findings, const std::string& action,
              const std::string& reason);

  EventLoop& loop_;
  BackgroundWorker& worker_;
  const World world_;
  const Settings settings_;
  DriftRecords records_;
  LogLimit limit_;
  DirectoryWatch watch_;
  std::map<std::string, Guarded> guarded_;  // by path: what is above comes first
  bool busy_ = false;
  EventLoop::Source timer_, sweep_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace edgeseal::agent
