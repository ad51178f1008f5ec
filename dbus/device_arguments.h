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
void check_identity_certificate(const ByteArray& certificate, const std::vector<ByteArray>& issuers);
void check_ticket(const ByteArray& ticket);
void check_authorities(const std::vector<ByteArray>& authorities, const std::vector<ByteArray>& crls);
[[nodiscard]] std::vector<RegistrarInfo> registrars(const std::vector<VariantMap>& given);

[[nodiscard]] VariantMap to_map(const IdentityInfo& identity);
[[nodiscard]] VariantMap to_map(const EndpointInfo& endpoint);
[[nodiscard]] VariantMap to_map(const TicketInfo& ticket);
[[nodiscard]] VariantMap to_map(const RegistrarInfo& registrar);

template <class Info>
[[nodiscard]] std::vector<VariantMap> to_maps(const std::vector<Info>& infos) {
  std::vector<VariantMap> maps;
  for (const auto& info : infos) maps.push_back(to_map(info));
  return maps;
}

}  // namespace edgeseal::dbus
