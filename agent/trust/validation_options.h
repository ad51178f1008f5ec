#pragma once

#include <cstdint>

namespace edgeseal::agent {

// TrustListValidationOptions (OPC 10000-12 §7.8.2.10), any sum of them. An error that is suppressed is still found.
using ValidationOptions = std::uint32_t;
inline constexpr ValidationOptions suppress_certificate_expired = 1U << 0;
inline constexpr ValidationOptions suppress_host_name_invalid = 1U << 1;
inline constexpr ValidationOptions suppress_revocation_status_unknown = 1U << 2;
inline constexpr ValidationOptions suppress_issuer_certificate_expired = 1U << 3;
inline constexpr ValidationOptions suppress_issuer_revocation_status_unknown = 1U << 4;
inline constexpr ValidationOptions check_revocation_status_online = 1U << 5;  // taken as offline: there is no network
inline constexpr ValidationOptions check_revocation_status_offline = 1U << 6;
inline constexpr ValidationOptions default_validation_options = check_revocation_status_offline;

}  // namespace edgeseal::agent
