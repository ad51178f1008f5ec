#pragma once

#include "enroll/job.h"

namespace edgeseal::enroll {

// What stands in a job as bytes, as objects. Each throws Error{policy} for what is malformed.
[[nodiscard]] TrustSet trust_set_of(const JobTrust& trust);
[[nodiscard]] std::vector<RevocationList> revocation_lists_of(const JobTrust& trust);
[[nodiscard]] std::optional<ClientIdentity> identity_of(const Job& job, const Surroundings& surroundings);

[[nodiscard]] std::vector<Bytes> encoded(const std::vector<Certificate>& certificates);

}  // namespace edgeseal::enroll
