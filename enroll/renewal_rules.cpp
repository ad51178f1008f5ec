#include "enroll/renewal_rules.h"

#include <fmt/format.h>

namespace edgeseal::enroll {
namespace {

bool has_expired(const Certificate& certificate, const Clock& clock) {
  std::time_t now = std::chrono::system_clock::to_time_t(clock().time);
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &now) < 0;
}

}  // namespace

void require_renewable(const std::optional<ClientIdentity>& current, const Clock& clock) {
  if (!current) throw Error(ErrorClass::policy, "a renewal needs the current certificate and its key");
  if (has_expired(current->certificate, clock))
    throw Error(
        ErrorClass::expired_needs_bootstrap,
        fmt::format("{} has expired and can't renew itself: enrol anew, by the identity of the device or a secret",
                    subject_of(current->certificate)));
}

void require_same_names(const RequestedCertificate& request, const Certificate& current) {
  if (!same_names(request, current))
    throw Error(ErrorClass::policy,
                "a renewal asks for the names of the current certificate; other names are enrolled");
}

}  // namespace edgeseal::enroll
