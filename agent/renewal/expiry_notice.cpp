#include "agent/renewal/expiry_notice.h"

namespace edgeseal::agent {

std::optional<unsigned> expiry_notice(const Validity& validity, RenewalTime now) {
  const std::chrono::seconds left = validity.end - now;
  if (left <= std::chrono::seconds(0)) return std::nullopt;
  for (const unsigned days : expiry_notice_days)
    if (left <= std::chrono::days(days))
      return validity.end - validity.begin >= 2 * std::chrono::days(days) ? std::optional(days) : std::nullopt;
  return std::nullopt;
}

}  // namespace edgeseal::agent
