#pragma once

#include "agent/tpm_worker.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/unit/agent/loop_fixture.h"

namespace edgeseal::test {

// From now on, to chip.release(), the TPM is at work, and as much of the agent waits for it as may.
inline void occupy(LoopFixture& fixture, FakeTpm& chip, agent::TpmWorker& worker, agent::TpmWorker::Priority priority) {
  fixture.run_until([&] { return worker.state().health == agent::TpmHealth::ready && worker.pending() == 0; });
  chip.block();
  const std::function<bool(tpm::KeyDevice&)> read = [](tpm::KeyDevice& device) {
    return device.read_anchor().has_value();
  };
  worker.submit<bool>({}, read, [](const auto&) {});
  chip.wait_until_blocked();
  for (std::size_t i = 0; i < agent::TpmWorker::Limits().queue_per_client; ++i)
    worker.submit<bool>({priority}, read, [](const auto&) {});
}

}  // namespace edgeseal::test
