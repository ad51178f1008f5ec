#pragma once

#include "agent/applications.h"
#include "agent/audit/audit.h"
#include "agent/background_worker.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/certificates/transactions.h"
#include "agent/keys/key_maker.h"
#include "agent/keys/key_service.h"
#include "agent/keys/pcr_policies.h"
#include "agent/keys/retired_keys.h"
#include "agent/keys/sealed_keys.h"
#include "agent/keys/software_worker.h"
#include "agent/keys/spare_keys.h"
#include "agent/publication/publication.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"
#include "agent/tpm_worker.h"
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

  // On the disk.
  void damage_certificates(const std::string& application) {
    const std::string damage =
        "UPDATE certificate SET certificate = CAST(substr(certificate, 1, 99) || CASE hex(substr(certificate, 100, 1)) "
        "WHEN '5A' THEN x'5B' ELSE x'5A' END || substr(certificate, 101) AS BLOB) WHERE key_id IN (SELECT id FROM key "
        "WHERE application = '" +
        application + "')";
    agent::Database(directory.file("state") + "/state.db").execute(damage.c_str());
    keys.forget_cached();
  }

  // From then on the disk takes no row of `table` where `condition`, of SQL, holds.
  void refuse_rows(const std::string& table, const std::string& condition) const {
    const std::string trigger = "CREATE TRIGGER no_" + table + " BEFORE INSERT ON " + table + " WHEN " + condition +
                                " BEGIN SELECT RAISE(ABORT, 'no space'); END";
    agent::Database(directory.file("state") + "/state.db").execute(trigger.c_str());
  }
  void refuse_record(const std::string& name, const std::string& condition = "1") const {
    refuse_rows("fact", "NEW.name = 'record/" + name + "' AND " + condition);
  }
  void refuse_removal_of_record(const std::string& name) const {
    const std::string trigger = "CREATE TRIGGER no_fact BEFORE DELETE ON fact WHEN OLD.name = 'record/" + name +
                                "' BEGIN SELECT RAISE(ABORT, 'no space'); END";
    agent::Database(directory.file("state") + "/state.db").execute(trigger.c_str());
  }
  void take_records() const { agent::Database(directory.file("state") + "/state.db").execute("DROP TRIGGER no_fact"); }

  // What the background does and nobody waits for is over, too.
  void settle() {
    (void)value<std::monostate>([this](agent::Answer<std::monostate> answer) {
      background.submit<std::monostate>([] { return std::monostate{}; }, std::move(answer));
    });
  }

  TemporaryDirectory directory;
  FakeTpm chip;
  int health_changes = 0;
  std::vector<dbus::GroupName> changed_groups;
  int setup_changes = 0;
  bool observers_fail = false;  // when they are told of something
  void be_observed() const {
    if (observers_fail) throw agent::Error(agent::Code::security_checks_failed, "some certificate was damaged");
  }

  agent::State state{directory.file("state")};
  agent::TpmWorker worker;
  agent::SoftwareWorker software{loop, {}};
  agent::SealedKeys sealed{loop, worker, software, {}};
  FakeClocks clocks;
  agent::DeviceClock clock{state, clocks.reader(), std::chrono::hours(3)};
  agent::RetiredKeys retired{state, clock, {}};
  struct AuditEntry {
    std::string kind;
    agent::Audit::Fields fields;
  };
  std::vector<AuditEntry> audited;
  agent::Audit audit{[this](const std::string& kind, const agent::Audit::Fields& fields) {
    audited.push_back({kind, fields});
  }};
  agent::IntegritySeal seal{state, worker, [] {}};
  agent::TrustLists lists{state, seal, audit, {}, [this](const dbus::GroupName&) { be_observed(); }};
  agent::KeyService keys{state, worker, sealed, retired, lists};
  agent::PcrPolicies policies{state, std::nullopt};
  agent::SpareKeys spares{loop, state, worker, {0, {}}};
  agent::KeyMaker maker{state, worker, sealed, keys, policies, spares};
  agent::StateAnchor anchor{loop, state, worker, [] {}};
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
    return {[this](const dbus::GroupName& group) {
              changed_groups.push_back(group);
              be_observed();
            },
            [this](const agent::TransactionOwner&) {
              ++setup_changes;
              be_observed();
            },
            [this](const agent::AppliedChanges& changes) {
              applied.push_back(changes);
              be_observed();
            }};
  }
};

}  // namespace edgeseal::test
