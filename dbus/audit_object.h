#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dbus/audit_port.h"
#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Audit1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// Audit1 of /org/edgeseal.
class AuditObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Audit1_adaptor> {
 public:
  AuditObject(sdbus::IConnection& connection, AuditLogPort& log, Guard& guard);
  ~AuditObject() { unregisterAdaptor(); }

  void recorded(const std::string& kind, const std::map<std::string, std::string>& fields) {
    emitRecorded(kind, fields);
  }
  void kept(std::uint64_t sequence) { emitKept(sequence); }

 private:
  void List(sdbus::Result<std::vector<std::string>, bool>&& result, VariantMap options) override;
  void Verify(sdbus::Result<VariantMap>&& result) override;

  AuditLogPort& log_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
