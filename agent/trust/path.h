#pragma once

#include <span>
#include <vector>

#include "agent/openssl.h"
#include "agent/trust/trust_store.h"

namespace edgeseal::agent {

// That are verified for a path: of one whose issuers all have names of their own, two for each certificate at most.
// Others of the same name are sent by whoever likes to.
inline constexpr unsigned max_path_signatures = 64;

// From the first certificate of `chain` to a self-signed one, each signed by the next: OPC 10000-4 §6.1.3, the first
// three steps. Issuers come from the rest of the chain and from the store, and none is searched for on a network.
// Throws Error{certificate_invalid} where a certificate is malformed or no issuer of the right name has signed,
// Error{certificate_chain_incomplete} where an issuer is missing, or too many of the right name had to be tried.
// `signatures_left`: how many are verified at most; those that were are taken off.
[[nodiscard]] std::vector<CertificatePtr> build_path(const TrustStore& store, std::span<const Bytes> chain,
                                                     unsigned& signatures_left);
[[nodiscard]] std::vector<CertificatePtr> build_path(const TrustStore& store, std::span<const Bytes> chain);

}  // namespace edgeseal::agent
