#pragma once

#include <span>
#include <vector>

#include "agent/openssl.h"
#include "agent/trust/trust_store.h"

namespace edgeseal::agent {

// From the first certificate of `chain` to a self-signed one, each signed by the next: OPC 10000-4 §6.1.3, the first
// three steps. Issuers come from the rest of the chain and from the store, and none is searched for on a network.
// Throws Error{certificate_invalid} where a certificate is malformed or no issuer of the right name has signed,
// Error{certificate_chain_incomplete} where an issuer is missing.
[[nodiscard]] std::vector<CertificatePtr> build_path(const TrustStore& store, std::span<const Bytes> chain);

}  // namespace edgeseal::agent
