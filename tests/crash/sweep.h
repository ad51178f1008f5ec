#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/fault.h"
#include "tests/crash/files_view.h"
#include "tests/crash/operation.h"
#include "tests/crash/setup_view.h"

namespace edgeseal::crash {

// Every `step`-th point from `first` to `last`: so several processes share the points of an operation.
struct Share {
  std::size_t first = 1, step = 1;
  std::size_t last = std::numeric_limits<std::size_t>::max();
};

struct Findings {
  std::size_t points = 0, kept = 0, changed = 0;  // of the points, those where all was as before, and as after
  std::vector<std::string> problems;
};

// Interrupts one operation at one of its writing calls after the other, each time from the same state, and judges what
// is there after.
class Sweep {
 public:
  // `beginning`: what operation.begin says.
  Sweep(Device& device, const Plant& plant, const Device::Snapshot& beginning, const Operation& operation);

  // Killed: after a restart all is as before or as after, as after where the caller had been told, and the next change
  // is taken.
  [[nodiscard]] Findings kills(const Share& share);
  // Asked to end: it does, and the rest is the same.
  [[nodiscard]] Findings terminations(const Share& share);
  // Killed by a loss of power: what was not synced is lost.
  [[nodiscard]] Findings power_cuts(const Share& share);
  // The disk is full from one call on, or one fsync fails: the caller is told so, or the operation succeeds; the agent
  // goes on, and takes changes when there is space again.
  [[nodiscard]] Findings full_disks(const Share& share);
  [[nodiscard]] Findings sync_errors(const Share& share);

 private:
  using MakeFault = std::function<std::shared_ptr<Fault>()>;  // once the state is as it is to be

  struct Outcome {
    std::shared_ptr<Fault> fault;
    View after;
    std::string error;  // name of the error that the caller got; empty: success
    bool up = true;     // the agent came up, where its start was the operation
  };

  void prepare(const Device::Snapshot& beginning);
  void interrupt(Client& client);
  void learn();
  [[nodiscard]] View see(Client& client) const;
  [[nodiscard]] Outcome attempt(const MakeFault& make_fault);
  void call(Outcome& outcome);
  [[nodiscard]] View with(const Change& change) const;
  [[nodiscard]] Findings each_point(const Share& share, const std::function<std::shared_ptr<Fault>(std::size_t)>& fault,
                                    const std::function<Side(const Outcome&)>& judge);
  void note(Findings& findings, const std::string& problem, const Outcome& outcome);
  [[nodiscard]] Side judge_restarted(const Outcome& outcome);
  [[nodiscard]] Side judge_terminated(const Outcome& outcome);
  void require_whole_files(const Outcome& outcome) const;
  [[nodiscard]] bool was_told(const Outcome& outcome) const { return operation_.run && outcome.error.empty(); }
  // Of setup: what is only staged by the operation ends it later.
  [[nodiscard]] bool was_told_of_end(const Outcome& outcome) const { return was_told(outcome) && !operation_.settle; }
  [[nodiscard]] bool leaves_setup() const { return !configured_before_ && is_configured(after_); }
  void require_flag_order(const Outcome& outcome, Side found, const tpm::Anchor& chip) const;
  void require_closed_to_old_disk();
  [[nodiscard]] Side judge_power_cut(const Outcome& outcome);
  [[nodiscard]] Side judge_running(const Outcome& outcome);
  [[nodiscard]] Side judge_refusal(const Outcome& outcome);
  [[nodiscard]] Side side(const View& view, const Outcome& outcome) const;
  void require_next_change(Client& client, const View& now);
  void keep_bystander(View& view) const;  // as it was before

  Device& device_;
  const Plant& plant_;
  const Operation& operation_;
  std::unique_ptr<Device::Snapshot> begin_;
  View before_, after_;             // after: of an undisturbed run
  bool configured_before_ = false;  // so the chip remembers it
};

}  // namespace edgeseal::crash
