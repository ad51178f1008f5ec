#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/audit/audit.h"
#include "agent/background_worker.h"
#include "agent/setup/one_time_password.h"
#include "agent/setup/setup.h"
#include "agent/setup/tpm_memory.h"
#include "agent/setup/try_counter.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"
#include "agent/tpm_worker.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

namespace edgeseal::test {

// One run of what the agent has for setup, on a disk and a chip that outlive it.
struct DeviceRun : LoopFixture {
  using Ways = std::vector<agent::OpenWay>;

  DeviceRun(const std::string& disk, FakeTpm& tpm, agent::Setup::Settings settings = {},
            const agent::OneTimePassword::Settings& password_settings = {.pause = std::chrono::milliseconds(0),
                                                                         .iterations = 1})
      : chip(tpm),
        state(disk),
        setup({loop, state, anchor, audit}, std::move(settings)),
        password(
            {state, seal, tries, background}, password_settings, [this] { return loop.now(); },
            [this] { setup.lock_out("all tries at the one-time password are used up"); }) {
    agent::seal_setup_flag(state, seal);
    setup.use_tries(tries);
    if (!state.application("opc"))
      state.put_application(
          {"opc", "urn:x:opc", "", {}, {agent::SlotDeclaration::parse("application/ecc-nist-p256")}, "bus"});
  }

  // What the agent does when the TPM is there.
  DeviceRun& start() {
    run_until([&] { return worker.state().health == agent::TpmHealth::ready; });
    recalled = false;
    memory.recall();
    run_until([&] { return recalled && worker.pending() == 0; });
    setup.refresh("what the TPM remembers", {});
    return *this;
  }

  [[nodiscard]] std::string now() const { return std::string(agent::setup_state_name(setup.state())); }

  [[nodiscard]] static agent::StagedState trust(int content = 1) {
    agent::TrustListRecord record{"opc", "application"};
    if (content != 0) record.list.trusted_certificates = {{static_cast<std::byte>(content)}};
    return {.trust_lists = {record}};
  }
  void commit(const agent::StagedState& staged) {
    state.commit(staged, agent::State::Clock::now());
    setup.refresh("configuration", {{"caller", ":1.7"}, {"client-thumbprint", "c0ffee"}});
    advance();
  }
  void advance() {
    bool done = false;
    anchor.advance([&] { done = true; });
    run_until([&] { return done && worker.pending() == 0; });
    setup.refresh("what the TPM remembers", {});
  }
  void configure() { commit(trust()); }
  void reset() {
    state.reset_all();
    advance();
    setup.was_reset({});
  }
  void wait_for(const std::string& wanted) {
    run_until([&] { return now() == wanted; });
  }

  std::string make_password() {
    const auto secret = value<agent::OneTimePassword::SecretPtr>(
        [&](agent::Answer<agent::OneTimePassword::SecretPtr> answer) { password.make(std::move(answer)); });
    return {reinterpret_cast<const char*>(secret->view().data()), secret->size()};
  }
  // As SetupPorts does.
  void submit(const std::string& given) {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
      password.submit(std::as_bytes(std::span(given)), std::move(answer));
    });
    setup.password_accepted({});
  }

  FakeTpm& chip;
  std::vector<std::pair<std::string, agent::Audit::Fields>> audited;
  agent::Audit audit{
      [this](const std::string& kind, const agent::Audit::Fields& fields) { audited.emplace_back(kind, fields); }};
  agent::State state;
  agent::TpmWorker worker{loop, [this] { return chip.open(); }, [] {}};
  agent::IntegritySeal seal{state, worker, [] {}};
  agent::StateAnchor anchor{loop, state, worker, [] {}};
  agent::BackgroundWorker background{loop};
  agent::TryCounter tries{state, seal, worker, [] {}};
  agent::Setup setup;
  agent::OneTimePassword password;
  bool recalled = false;
  agent::TpmMemory memory{{loop, seal, anchor, tries},
                          [this] {
                            password.check();
                            recalled = true;
                          },
                          std::chrono::milliseconds(1)};
};

// A disk and a chip, to be saved, restored, wiped.
struct Device {
  TemporaryDirectory directory;
  FakeTpm chip;
  const std::string disk = directory.file("state");

  void save(const std::string& name) const {
    std::filesystem::copy(disk, directory.file(name), std::filesystem::copy_options::recursive);
  }
  void restore(const std::string& name) const {
    wipe();
    std::filesystem::copy(directory.file(name), disk, std::filesystem::copy_options::recursive);
  }
  void wipe() const { std::filesystem::remove_all(disk); }
};

}  // namespace edgeseal::test
