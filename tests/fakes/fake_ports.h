#pragma once

// The services behind the bus, in memory: what edgeseal::dbus is tested against. One thread.

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/fakes/fake_agent_port.h"
#include "tests/fakes/fake_group_port.h"

namespace edgeseal::dbus::fake {

class FakeAudit final : public AuditPort {
 public:
  std::vector<AuditRecord> records;
  std::vector<std::string> internal_errors;
  std::map<std::string, uid_t> accounts;
  bool broken = false;
  bool accounts_broken = false;

  void record(const AuditRecord& record) override {
    if (broken) throw std::runtime_error("the journal is gone");
    records.push_back(record);
  }
  void internal_error(const std::string& where, const std::string& what) override {
    internal_errors.push_back(where + ": " + what);
  }
  std::optional<uid_t> account_of(const std::string& application) const override {
    if (accounts_broken) throw std::runtime_error("the account database is gone");
    const auto found = accounts.find(application);
    if (found == accounts.end()) return std::nullopt;
    return found->second;
  }
};

struct Ports {
  FakeAgent agent;
  FakeCertificateGroups groups;
  FakeAudit audit;
};

}  // namespace edgeseal::dbus::fake
