#pragma once

#include "enroll/http.h"
#include "enroll/job.h"

namespace edgeseal::enroll {

// What stands in a job as bytes, as objects. Each throws Error{policy} for what is malformed.
[[nodiscard]] TrustSet trust_set_of(const JobTrust& trust);
[[nodiscard]] std::vector<RevocationList> revocation_lists_of(const JobTrust& trust);
[[nodiscard]] std::optional<ClientIdentity> identity_of(const Job& job, const Surroundings& surroundings);

// To the server of the job, who is believed by `anchors` and what else the job says of trust.
[[nodiscard]] ServerTrust server_trust_of(const Job& job, const std::vector<Certificate>& anchors);
// The way to that server. Whom to believe, and who to be, is left open.
[[nodiscard]] HttpOptions http_options_of(const Job& job, const Surroundings& surroundings);
// Both, where it may be http, too. Without TLS there is no server to verify and nobody to show a certificate: what is
// fetched so protects itself, or is judged otherwise. Who to be is left open.
[[nodiscard]] HttpOptions connection_to_server(const Job& job, const std::vector<Certificate>& anchors,
                                               const Surroundings& surroundings);

[[nodiscard]] std::vector<Bytes> encoded(const std::vector<Certificate>& certificates);

}  // namespace edgeseal::enroll
