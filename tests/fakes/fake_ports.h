#pragma once

// The services behind the bus, in memory: what edgeseal::dbus is tested against. One thread.

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dbus/service_ports.h"
#include "tests/fakes/fake_agent_port.h"
#include "tests/fakes/fake_audit_log_port.h"
#include "tests/fakes/fake_bundle_port.h"
#include "tests/fakes/fake_busy_port.h"
#include "tests/fakes/fake_configuration_port.h"
#include "tests/fakes/fake_device_ports.h"
#include "tests/fakes/fake_enrolment_port.h"
#include "tests/fakes/fake_group_port.h"
#include "tests/fakes/fake_metrics_port.h"
#include "tests/fakes/fake_setup_port.h"
#include "tests/fakes/fake_staging_port.h"
#include "tests/fakes/fake_trust_ports.h"

namespace edgeseal::dbus::fake {

class FakeAudit final : public AuditPort {
 public:
  std::vector<AuditRecord> records;
  std::vector<std::string> internal_errors;
  bool broken = false;

  void record(const AuditRecord& record) override {
    if (broken) throw std::runtime_error("the journal is gone");
    records.push_back(record);
  }
  void internal_error(const std::string& where, const std::string& what) override {
    internal_errors.push_back(where + ": " + what);
  }
};

class FakeAccounts final : public AccountPort {
 public:
  std::map<std::string, uid_t> uids;  // by application
  bool broken = false;

  std::optional<uid_t> account_of(const std::string& application) const override {
    if (broken) throw std::runtime_error("the account database is gone");
    const auto found = uids.find(application);
    if (found == uids.end()) return std::nullopt;
    return found->second;
  }
  bool is_account(uid_t uid) const override {
    if (broken) throw std::runtime_error("the account database is gone");
    return std::ranges::any_of(uids, [&](const auto& entry) { return entry.second == uid; });
  }
};

struct Ports {
  FakeAgent agent;
  FakeTransactions transactions;
  FakeCertificateGroups groups{transactions};
  FakeTrustLists trust_lists{transactions};
  FakeServerConfiguration server_configuration{transactions};
  FakeTrustDirectories directories;
  FakeAudit audit;
  FakeAccounts accounts;
  FakeBundles bundles;
  FakeBusy busy;
  FakeSetup setup;
  FakeStaging staging;
  FakeDevice device;
  FakeEnrolment enrolment;
  FakeAuditLog audit_log;
  FakeMetrics metrics;
  FakeConfiguration configuration;

  [[nodiscard]] dbus::Ports all() {
    return {agent,       groups,  transactions, trust_lists, server_configuration,
            directories, audit,   accounts,     busy,        device,
            device,      setup,   staging,      bundles,     enrolment,
            audit_log,   metrics, configuration};
  }
};

}  // namespace edgeseal::dbus::fake
