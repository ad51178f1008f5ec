#pragma once

#include <optional>

#include "agent/state.h"

namespace edgeseal::agent {

// An LDevID for the key pair of the IDevID (OPC 10000-21 §5.1): a certificate more for a key of another slot, which the
// table of certificates has no place for.
[[nodiscard]] std::optional<CertificateRecord> shared_ldevid(State& state);
void put_shared_ldevid(State& state, const Bytes& certificate, const std::vector<Bytes>& issuers);

}  // namespace edgeseal::agent
