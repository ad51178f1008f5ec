#pragma once

#include <algorithm>

#include "agent/state/integrity_seal.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_lists.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// The usual list: the root is trusted, the intermediate is known, both have a CRL.
struct Plant {
  Authority root{"root"};
  Authority intermediate{"intermediate", root};

  [[nodiscard]] agent::TrustList list() const {
    return {.specified = agent::all_lists_mask,
            .trusted_certificates = {root.certificate()},
            .trusted_crls = {root.crl()},
            .issuer_certificates = {intermediate.certificate()},
            .issuer_crls = {intermediate.crl()}};
  }
};

// The trust lists of the application "web", sealed by a chip of libcrypto.
struct TrustFixture : LoopFixture, Plant {
  using Time = agent::State::Clock::time_point;

  explicit TrustFixture(const agent::TrustLists::Settings& lists_settings = {}) : settings(lists_settings) {
    agent::ApplicationRecord web{"web", "urn:x:web", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"};
    web.trust_groups = {"user-token"};
    state->put_application(web);
    begin();
    prepare_seal();
  }

  // The services of a start, before the TPM is ready.
  void begin() {
    lists.reset();
    seal.emplace(*state, worker, [this] { ++opened; });
    lists.emplace(*state, *seal, audit, settings,
                  [this](const dbus::GroupName& name) { changed.push_back(name.group); });
  }
  void prepare_seal() {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal->prepare(std::move(answer)); });
  }
  void restart() {
    lists.reset();
    seal.reset();
    reopen_state([] {});
    begin();
    prepare_seal();
  }
  // Changes the database behind the agent's back.
  void tamper(const std::string& sql) {
    lists.reset();
    seal.reset();
    reopen_state([&] { agent::Database(directory.file("state") + "/state.db").execute(sql.c_str()); });
    begin();
    prepare_seal();
  }
  void commit(const agent::CheckedTrustList& list) {
    state->commit({{}, {}, {list.record}}, list.record.last_update);
    lists->committed(list);
  }
  void put(const agent::TrustList& list) { commit(lists->check(https, list, now)); }

  [[nodiscard]] std::size_t audits(const std::string& kind) const {
    return static_cast<std::size_t>(std::ranges::count(audited, kind, &AuditEntry::kind));
  }

  struct AuditEntry {
    std::string kind;
    agent::Audit::Fields fields;
  };

  const agent::TrustLists::Settings settings;
  TemporaryDirectory directory;
  FakeTpm chip;
  const dbus::GroupName https{"web", "https"};
  Time now = agent::State::Clock::now();
  int opened = 0;
  std::vector<AuditEntry> audited;
  std::vector<std::string> changed;
  agent::Audit audit{[this](const std::string& kind, const agent::Audit::Fields& fields) {
    audited.push_back({kind, fields});
  }};
  std::optional<agent::State> state{std::in_place, directory.file("state")};
  agent::TpmWorker worker{loop, [this] { return chip.open(); }, [] {}};
  std::optional<agent::IntegritySeal> seal;
  std::optional<agent::TrustLists> lists;

 private:
  template <class Meanwhile>
  void reopen_state(const Meanwhile& meanwhile) {
    state.reset();
    meanwhile();
    state.emplace(directory.file("state"));
  }
};

}  // namespace edgeseal::test
