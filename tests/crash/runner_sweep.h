#pragma once

#include <memory>
#include <string>

#include "tests/crash/enroller.h"
#include "tests/crash/sweep.h"
#include "tests/enroll/est_server.h"

namespace edgeseal::crash {

// Kills edgeseal-enroll, and not the agent, before each call by which it writes to the bus, the network or the key
// socket, while it enrols by EST. The next edgeseal-enroll comes to the end, with the same request.
class RunnerSweep {
 public:
  RunnerSweep(Device& device, const Plant& plant, const Device::Snapshot& furnished);

  [[nodiscard]] Findings kills(const Share& share);

 private:
  void prepare(const Device::Snapshot& furnished);
  // To the end of the job, whose first edgeseal-enroll meets the fault; null: there is none.
  void enroll(Enroller& enroller, const std::shared_ptr<Fault>& fault);
  void begin(Client& client, Enroller& enroller);
  [[nodiscard]] ProgramRun::Start runner(const std::shared_ptr<Fault>& fault) const;
  void judge(Client& client, Enroller& enroller);
  void require_one_request();
  [[nodiscard]] std::string log() const;

  Device& device_;
  const Plant& plant_;
  test::EstServer server_;
  test::TemporaryDirectory directory_;  // of the log
  std::unique_ptr<Device::Snapshot> begin_;
  View before_, after_;
};

}  // namespace edgeseal::crash
