#pragma once

#include <string>
#include <vector>

#include "dbus/device_ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// What the methods of DeviceIdentity1 and Onboarding1 take, as the ports want it, and what they answer. Everything
// throws CallError "InvalidArgument".

[[nodiscard]] IdentityRequest identity_request(const std::string& kind, const VariantMap& given);
[[nodiscard]] IdentityRequest self_signed_identity_request(const std::string& kind, const VariantMap& given);
void check_identity_kind(const std::string& kind);
[[nodiscard]] std::vector<RegistrarInfo> registrars(const std::vector<VariantMap>& given);

[[nodiscard]] VariantMap to_map(const IdentityInfo& identity);
[[nodiscard]] VariantMap to_map(const EndpointInfo& endpoint);
[[nodiscard]] VariantMap to_map(const TicketInfo& ticket);
[[nodiscard]] VariantMap to_map(const RegistrarInfo& registrar);

}  // namespace edgeseal::dbus
