#include "agent/renewal/certificate_validity.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "agent/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

RenewalTime time_of(const ASN1_TIME* time) {
  std::tm calendar{};
  if (ASN1_TIME_to_tm(time, &calendar) != 1) return {};
  return RenewalTime(std::chrono::seconds(::timegm(&calendar)));
}

Validity validity_of(const X509& certificate) {
  return {time_of(X509_get0_notBefore(&certificate)), time_of(X509_get0_notAfter(&certificate))};
}

}  // namespace

Validity validity_of(tpm::ByteView certificate) {
  return validity_of(*parse_certificate(certificate));
}

void require_usable(tpm::ByteView der, Wanted wanted, tpm::ByteView in_use, RenewalTime now) {
  const CertificatePtr certificate = parse_certificate(der);
  if (wanted == Wanted::end_entity && X509_check_ca(certificate.get()) == 1)
    throw Error(Code::certificate_policy_check_failed,
                fmt::format("{} is the certificate of an authority", subject_of(*certificate)));
  if (validity_of(*certificate).end <= now)
    throw Error(Code::certificate_time_invalid,
                fmt::format("the certificate of {} has ended, as far as the clock is right", subject_of(*certificate)));
  if (std::ranges::equal(der, in_use))
    throw Error(Code::nothing_to_do, "the authority has sent the certificate that is in use once more");
}

}  // namespace edgeseal::agent
