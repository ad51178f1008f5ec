#pragma once

#include <array>
#include <optional>

#include "agent/renewal/schedule.h"

namespace edgeseal::agent {

// Days before the end of a certificate at which people are told.
inline constexpr std::array<unsigned, 3> expiry_notice_days = {1, 7, 28};

// The latest notice that is due: the least of those days that what is left does not exceed. Nothing: it is too early,
// or the certificate has ended. One that lives less than twice as long as a notice has none of it.
[[nodiscard]] std::optional<unsigned> expiry_notice(const Validity& validity, RenewalTime now);

}  // namespace edgeseal::agent
