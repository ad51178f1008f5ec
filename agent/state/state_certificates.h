#pragma once

#include <optional>

#include "agent/state/sqlite.h"
#include "agent/state/state.h"

// How the state keeps own certificates, for the files that implement State.
namespace edgeseal::agent {

// Over key, certificate and issuers: what finds bytes that the disk has changed.
[[nodiscard]] Bytes certificate_digest(const CertificateRecord& record);

// Throws Error{security_checks_failed} for one that its digest does not fit.
[[nodiscard]] std::optional<CertificateRecord> read_certificate(Database& database, const KeyId& key, const Slot& slot);
// In the place of what the key had.
void write_certificate(Database& database, const CertificateRecord& record);
// For those that a release without digests wrote.
void put_missing_digests(Database& database);

}  // namespace edgeseal::agent
