#pragma once

#include "agent/applications.h"
#include "agent/audit.h"
#include "agent/background_worker.h"
#include "agent/certificate_groups.h"
#include "agent/integrity_seal.h"
#include "agent/key_maker.h"
#include "agent/key_service.h"
#include "agent/pcr_policies.h"
#include "agent/publication.h"
#include "agent/retired_keys.h"
#include "agent/sealed_keys.h"
#include "agent/software_worker.h"
#include "agent/spare_keys.h"
#include "agent/state.h"
#include "agent/state_anchor.h"
#include "agent/tpm_worker.h"
#include "agent/transactions.h"
#include "agent/trust/trust_lists.h"
#include "tests/fakes/fake_clocks.h"
#include "tests/fakes/fake_key_device.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

namespace edgeseal::test {

// The services of the agent on a chip of libcrypto and a state in a temporary directory, in the test's own loop.
struct Core : LoopFixture {
  explicit Core(const agent::TpmWorker::Limits& limits = {})
      : worker(
            loop, [this] { return chip.open(); }, [this] { ++health_changes; }, limits) {
    agent::seal_setup_flag(state, seal);
    state.accept_setup();
  }

  TemporaryDirectory directory;
  FakeTpm chip;
  int health_changes = 0;
  std::vector<dbus::GroupName> changed_groups;
  int setup_changes = 0;

  agent::State state{directory.file("state")};
  agent::TpmWorker worker;
  agent::SoftwareWorker software{loop, {}};
  agent::SealedKeys sealed{loop, worker, software, {}};
  FakeClocks clocks;
  agent::DeviceClock clock{state, clocks.reader(), std::chrono::hours(3)};
  agent::RetiredKeys retired{state, clock, {}};
  agent::KeyService keys{state, worker, sealed, retired};
  agent::PcrPolicies policies{state, std::nullopt};
  agent::SpareKeys spares{loop, state, worker, {0, {}}};
  agent::KeyMaker maker{state, worker, sealed, keys, policies, spares};
  agent::StateAnchor anchor{loop, state, worker, [] {}};
  struct AuditEntry {
    std::string kind;
    agent::Audit::Fields fields;
  };
  std::vector<AuditEntry> audited;
  agent::Audit audit{[this](const std::string& kind, const agent::Audit::Fields& fields) {
    audited.push_back({kind, fields});
  }};
  agent::IntegritySeal seal{state, worker, [] {}};
  agent::TrustLists lists{state, seal, audit, {}, [](const dbus::GroupName&) {}};
  agent::BackgroundWorker background{loop};
  agent::Publication publication{directory.file("pki"), &background};
  agent::Applications applications{state, keys, publication, background,
                                   [this](const dbus::GroupName& group) { return lists.record(group).list; }};
  agent::Transactions transactions{[this] { return clock.now(); },
                                   [this](const std::string& application, const agent::StagedChanges& changes) {
                                     groups.dropped(application, changes);
                                   }};
  agent::Changeover::Services services() {
    return {state, keys, anchor, applications, retired, transactions, lists, audit};
  }
  std::vector<agent::AppliedChanges> applied;
  agent::CertificateGroups groups{loop, services(), maker, {}, observer()};

  agent::CertificateGroups::Observer observer() {
    return {[this](const dbus::GroupName& group) { changed_groups.push_back(group); },
            [this](const agent::TransactionOwner&) { ++setup_changes; },
            [this](const agent::AppliedChanges& changes) { applied.push_back(changes); }};
  }
};

}  // namespace edgeseal::test
