#pragma once

#include <cstdint>
#include <string>

#include "dbus/ctl/system_openssl.h"

namespace edgeseal::ctl {

// Settings of the provider, see provider-edgeseal(7); what is empty or 0 has its default.
struct ProviderSettings {
  std::string module;
  std::string socket;
  std::uint32_t timeout_ms = 0;
};

// A configuration file for OPENSSL_CONF: all that the system's says, and the provider behind those that it activates.
// Throws Failure (Usage) for a setting that no such file can hold.
[[nodiscard]] std::string openssl_configuration(const SystemOpenssl& system, const ProviderSettings& settings);

}  // namespace edgeseal::ctl
