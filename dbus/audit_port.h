#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

struct AuditQuery {
  std::uint64_t after = 0;
  std::uint64_t since = 0;  // microseconds since 1970 UTC
  std::string kind, caller, object;
  std::uint32_t limit = 100;
  bool newest = false;
};

struct AuditPage {
  std::vector<std::string> entries;  // JSON
  bool more = false;
};

struct AuditVerdict {
  bool intact = false;
  std::uint64_t first = 0, entries = 0, lost = 0, bad_entry = 0;
  std::string head{}, anchor{}, problem{}, file{}, write_problem{};
};

// org.edgeseal.Audit1
class AuditLogPort {
 public:
  virtual ~AuditLogPort() = default;
  virtual void list(const AuditQuery& query, Completion<AuditPage> done) = 0;
  virtual void verify(Completion<AuditVerdict> done) = 0;
};

}  // namespace edgeseal::dbus
