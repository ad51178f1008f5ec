#pragma once

#include "dbus/ports.h"
#include "dbus/privilege.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// For whom a server calls (docs/dbus.md, Delegation): the options of that, taken out of those of a call.
class DelegatedClient {
 public:
  [[nodiscard]] static bool named_in(const VariantMap& options);

  explicit DelegatedClient(VariantMap& options);

  // Session, user and certificate of the client, as far as they can be read: an audit record of a refusal names them.
  [[nodiscard]] Caller on_behalf(Caller caller) const;

  // Throws CallError: "SecurityModeInsufficient" for the channel, then "UserAccessDenied" for the role, then
  // "InvalidArgument" for the rest (OPC 10000-12 §7.10).
  void judge(Delegation needed) const;

 private:
  VariantMap given_;
};

}  // namespace edgeseal::dbus
