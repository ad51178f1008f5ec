#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/sweep.h"

namespace edgeseal::crash {

// Changes bytes of the database, or of its log, while no agent runs, and looks what the next one makes of it: it serves
// what was there, or what was there a commit earlier, says which part it can't serve, or refuses to start.
class DamageSweep {
 public:
  // Point 1 and on: the same damage in every run with the same seed.
  DamageSweep(Device& device, const Plant& plant, const Device::Snapshot& furnished, std::uint32_t seed);

  // All is in the database: the log is empty.
  [[nodiscard]] Findings database(const Share& share);
  // All is in the log, of an agent that was killed.
  [[nodiscard]] Findings log(const Share& share);

 private:
  void write_history(Client& client);
  [[nodiscard]] Findings each_point(const Share& share, const Device::Snapshot& snapshot, const std::string& file);
  // True: all is as it was before the damage.
  [[nodiscard]] bool judge();
  void judge_refusal() const;
  [[nodiscard]] bool judge_view();
  [[nodiscard]] bool is_of_history(const View& view) const;
  [[nodiscard]] bool is_earlier_list(const View& view, const std::string& group) const;

  Device& device_;
  const Plant& plant_;
  const std::uint32_t seed_;
  std::unique_ptr<Device::Snapshot> in_log_, in_database_;
  std::vector<View> history_;  // what was to be seen after each change, the last one last
};

}  // namespace edgeseal::crash
