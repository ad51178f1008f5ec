#include "agent/setup/bundle_judgement.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/openssl.h"
#include "agent/trust/certificate_judgement.h"

namespace edgeseal::agent {

namespace {

void require_device(const jose::Bundle& bundle, const std::vector<std::string>& names) {
  if (!bundle.device || std::ranges::find(names, *bundle.device) != names.end()) return;
  if (names.empty())
    throw Error(Code::invalid_state,
                "the bundle is for a certain device, and this one does not know its own name; remedy: set "
                "product-instance-uri at [device], or have a bundle made without \"device\"");
  throw Error(Code::security_checks_failed,
              fmt::format("the bundle is for another device than {}; remedy: have one made for this device",
                          fmt::join(names, " or ")));
}

void require_unused(const jose::Bundle& bundle, const std::vector<BundleRecord::Used>& used) {
  if (std::ranges::find(used, identifier_of(bundle), &BundleRecord::Used::identifier) != used.end())
    throw Error(Code::security_checks_failed,
                "the bundle was taken before, and each is taken once; remedy: have a new one made");
}

void require_anchors(const std::vector<Bytes>& anchors) {
  for (auto anchor = anchors.begin(); anchor != anchors.end(); ++anchor) {
    const CertificatePtr certificate = parse_certificate(*anchor);
    if (const std::string misuse = misuse_of_issuer(*certificate); !misuse.empty())
      throw Error(Code::certificate_invalid, fmt::format("{} stands among the CA certificates of the bundle and {}",
                                                         subject_of(*certificate), misuse));
    if (std::find(std::next(anchor), anchors.end(), *anchor) != anchors.end())
      throw Error(Code::certificate_invalid, fmt::format("{} occurs twice in the bundle", subject_of(*certificate)));
  }
}

// The key itself is compared when it is imported.
void require_client_certificate(const jose::Bundle& bundle, const BundleRules& rules) {
  if (bundle.certificate.empty()) return;
  if (rules.keys == DeliveredKeys::refused)
    throw Error(Code::not_supported,
                "the bundle delivers a private key, which then somebody else has, too; remedy: have one made without "
                "\"cert\" and \"key\", or set import-keys = true at [bundle] in edgeseal.toml");
  const CertificatePtr certificate = parse_certificate(bundle.certificate.front());
  if (X509_check_purpose(certificate.get(), X509_PURPOSE_SSL_CLIENT, 0) != 1)
    throw Error(Code::certificate_use_not_allowed,
                fmt::format("{} is not for clients of TLS", subject_of(*certificate)));
  if (!is_timely(*certificate, rules.now))
    throw Error(
        Code::certificate_time_invalid,
        fmt::format("{} is not valid now; remedy: set the clock, or have a new bundle made", subject_of(*certificate)));
}

}  // namespace

std::string identifier_of(const jose::Bundle& bundle) {
  return hexadecimal(sha256(std::as_bytes(std::span(bundle.identifier))));
}

void require_acceptable(const jose::Bundle& bundle, const BundleRules& rules) {
  require_device(bundle, rules.device_names);
  if (bundle.not_after < rules.now)
    throw Error(Code::security_checks_failed, "the time of the bundle is over; remedy: have a new one made");
  require_unused(bundle, rules.used);
  require_anchors(bundle.anchors);
  require_client_certificate(bundle, rules);
}

Error error_of(const jose::Error& cause) {
  switch (cause.problem()) {
    case jose::Problem::malformed: return {Code::invalid_argument, cause.what()};
    case jose::Problem::too_large: return {Code::request_too_large, cause.what()};
    case jose::Problem::not_supported: return {Code::not_supported, cause.what()};
    case jose::Problem::wrong_code: return {Code::user_access_denied, cause.what()};
    case jose::Problem::failed: break;
  }
  return {Code::internal_error, cause.what()};
}

}  // namespace edgeseal::agent
