#pragma once

#include <functional>
#include <optional>
#include <string>

#include "dbus/audit_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

class FakeAuditLog final : public AuditLogPort {
 public:
  Fault fault;
  std::optional<AuditQuery> last_query;
  AuditPage page;
  std::function<AuditPage(const AuditQuery&)> on_list = [this](const AuditQuery&) { return page; };
  AuditVerdict verdict{.intact = true, .first = 1, .entries = 2, .head = "2:ab", .anchor = "matches"};

  void list(const AuditQuery& query, Completion<AuditPage> done) override {
    fault.strike();
    last_query = query;
    done(on_list(query));
  }
  void verify(Completion<AuditVerdict> done) override {
    fault.strike();
    done(verdict);
  }
};

}  // namespace edgeseal::dbus::fake
