#pragma once

#include <optional>

#include "enroll/client_identity.h"
#include "enroll/issued_certificate.h"

namespace edgeseal::enroll {

// A renewal stands on a current certificate that is still good. Throws Error{policy} without one,
// Error{expired_needs_bootstrap}.
void require_renewable(const std::optional<ClientIdentity>& current, const Clock& clock);

// It asks for the names of the current certificate. Throws Error{policy}.
void require_same_names(const RequestedCertificate& request, const Certificate& current);

}  // namespace edgeseal::enroll
