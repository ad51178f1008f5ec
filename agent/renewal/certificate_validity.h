#pragma once

#include <optional>

#include "agent/renewal/schedule.h"
#include "agent/state/state.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

// Throws Error{certificate_invalid} for what is no certificate. A time that cannot be read counts as past.
[[nodiscard]] Validity validity_of(tpm::ByteView certificate);
// Nothing where the slot has none, and for a damaged one, of which an alarm tells.
[[nodiscard]] std::optional<Validity> validity_of(State& state, const Slot& slot);

// Throws Error for a certificate that nobody could use: certificate_policy_check_failed for one of an authority, where
// none is wanted; certificate_time_invalid for one that has ended; nothing_to_do for the one in use, again.
enum class Wanted { end_entity, authority };
void require_usable(tpm::ByteView certificate, Wanted wanted, tpm::ByteView in_use, RenewalTime now);

}  // namespace edgeseal::agent
