#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "agent/audit/audit_log.h"
#include "agent/background_worker.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/loop_fixture.h"

namespace edgeseal::test {

// An audit log in a directory of its own, and what it needs of the agent.
struct AuditLogFixture : LoopFixture {
  TemporaryDirectory directory;
  FakeTpm chip;
  agent::State state{directory.file("state")};
  agent::TpmWorker worker{loop, [this] { return chip.open(); }, [] {}, {}};
  agent::IntegritySeal seal{state, worker, [] {}};
  agent::BackgroundWorker background{loop};
  const std::string path = directory.file("audit");
  std::vector<std::uint64_t> kept;
  std::unique_ptr<agent::AuditLog> log;

  std::unique_ptr<agent::AuditLog> start(const agent::AuditLog::Settings& settings = {}) {
    return std::make_unique<agent::AuditLog>(loop, background, agent::AuditAnchor(state, seal), path, settings,
                                             [this](std::uint64_t sequence) { kept.push_back(sequence); });
  }
  agent::AuditLog& open() {
    log = start();
    return *log;
  }
  void stop() {
    log->close();
    log.reset();
  }
  void open_seal() {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
    log->seal_opened();
  }
  agent::AuditVerdict verdict() {
    return value<agent::AuditVerdict>([&](auto answer) { log->verify(std::move(answer)); });
  }
};

}  // namespace edgeseal::test
