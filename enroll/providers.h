#pragma once

#include <string>

namespace edgeseal::enroll {

struct ProviderSettings {
  std::string directory;   // where edgeseal.so is; empty: where libcrypto looks for it
  std::string key_socket;  // empty: that of the provider
};

// The default provider, and our own for the keys of this device; the openssl.cnf of the system has no say in what is
// trusted here. Once in a process, before libcrypto does anything else. Throws std::runtime_error.
void load_providers(const ProviderSettings& settings);

}  // namespace edgeseal::enroll
