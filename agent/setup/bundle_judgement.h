#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/error.h"
#include "agent/setup/bundle_record.h"
#include "jose/error.h"

namespace edgeseal::agent {

enum class DeliveredKeys { refused, imported };

// What a bundle that was opened is held against.
struct BundleRules {
  std::chrono::sys_seconds now;
  std::vector<std::string> device_names;  // serial number, ProductInstanceUri: those that are known
  std::vector<BundleRecord::Used> used;
  DeliveredKeys keys = DeliveredKeys::refused;
};

// Throws Error that names cause and remedy: for another device, too old, taken already, with a key that policy refuses,
// with anchors that are no CA certificates or occur twice, with a certificate that no client of TLS can use now.
void require_acceptable(const jose::Bundle& bundle, const BundleRules& rules);

[[nodiscard]] std::string identifier_of(const jose::Bundle& bundle);  // SHA-256 of its "jti", hexadecimal

// jose::Error in the words of the agent.
[[nodiscard]] Error error_of(const jose::Error& cause);

}  // namespace edgeseal::agent
