#include "agent/renewal/certificate_validity.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "agent/certificates/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

RenewalTime time_of(const ASN1_TIME* time) {
  std::tm calendar{};
  if (ASN1_TIME_to_tm(time, &calendar) != 1) return {};
  return RenewalTime(std::chrono::seconds(::timegm(&calendar)));
}

}  // namespace

Validity validity_of(tpm::ByteView der) {
  const CertificatePtr certificate = parse_certificate(der);
  return {time_of(X509_get0_notBefore(certificate.get())), time_of(X509_get0_notAfter(certificate.get()))};
}

std::optional<Validity> validity_of(State& state, const Slot& slot) {
  try {
    const auto record = state.certificate(slot);
    if (!record) return std::nullopt;
    return validity_of(record->certificate);
  } catch (const Error& damage) {
    if (damage.code() == Code::security_checks_failed || damage.code() == Code::certificate_invalid)
      return std::nullopt;
    throw;
  }
}

void require_usable(tpm::ByteView der, Wanted wanted, tpm::ByteView in_use, RenewalTime now) {
  const CertificatePtr certificate = parse_certificate(der);
  if (wanted == Wanted::end_entity && is_authority(*certificate))
    throw Error(Code::certificate_policy_check_failed,
                fmt::format("{} is the certificate of an authority", subject_of(*certificate)));
  if (has_expired(*certificate, now))
    throw Error(Code::certificate_time_invalid,
                fmt::format("the certificate of {} has ended, as far as the clock is right", subject_of(*certificate)));
  if (std::ranges::equal(der, in_use))
    throw Error(Code::nothing_to_do, "the authority has sent the certificate that is in use once more");
}

}  // namespace edgeseal::agent
