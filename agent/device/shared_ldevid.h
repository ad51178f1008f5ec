#pragma once

#include <optional>

#include "agent/state/state.h"

namespace edgeseal::agent {

// An LDevID for the key pair of the IDevID (OPC 10000-21 §5.1): a certificate more for a key of another slot, which the
// table of certificates has no place for.
[[nodiscard]] std::optional<CertificateRecord> shared_ldevid(State& state);
// What the state has of a slot, as the LDevID also that one.
[[nodiscard]] std::optional<CertificateRecord> certificate_of(State& state, const Slot& slot);
void put_shared_ldevid(State& state, const Bytes& certificate, const std::vector<Bytes>& issuers);

}  // namespace edgeseal::agent
