#include "enroll/job_material.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include "enroll/url.h"

namespace edgeseal::enroll {
namespace {

Certificate certificate_of(const Bytes& der, const char* role) {
  Certificate certificate = parse_certificate(der);
  if (!certificate) throw Error(ErrorClass::policy, fmt::format("{} of the job is no DER certificate", role));
  return certificate;
}

std::vector<Certificate> certificates_of(const std::vector<Bytes>& encoded, const char* role) {
  std::vector<Certificate> certificates;
  for (const Bytes& der : encoded) certificates.push_back(certificate_of(der, role));
  return certificates;
}

}  // namespace

TrustSet trust_set_of(const JobTrust& trust) {
  return {certificates_of(trust.anchors, "a trust anchor"), certificates_of(trust.intermediates, "an issuer")};
}

std::vector<RevocationList> revocation_lists_of(const JobTrust& trust) {
  std::vector<RevocationList> lists;
  for (const Bytes& der : trust.revocation_lists) {
    const unsigned char* at = octets(der);
    lists.emplace_back(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!lists.back()) throw Error(ErrorClass::policy, "a revocation list of the job is no DER CRL");
  }
  return lists;
}

std::optional<ClientIdentity> identity_of(const Job& job, const Surroundings& surroundings) {
  if (!job.identity) return std::nullopt;
  return ClientIdentity{surroundings.open_key(job.identity->key),
                        certificate_of(job.identity->certificate, "the certificate of the device"),
                        certificates_of(job.identity->chain, "an issuer of the device's certificate")};
}

ServerTrust server_trust_of(const Job& job, const std::vector<Certificate>& anchors) {
  return {anchors, revocation_lists_of(job.trust), job.trust.system_anchors, Verification::full, job.trust.role};
}

HttpOptions http_options_of(const Job& job, const Surroundings& surroundings) {
  HttpOptions options;
  options.resolution = job.resolution;
  options.proxy = job.proxy;
  options.limits = surroundings.limits;
  options.clock = surroundings.clock(job.time_floor);
  return options;
}

HttpOptions connection_to_server(const Job& job, const std::vector<Certificate>& anchors,
                                 const Surroundings& surroundings) {
  HttpOptions options = http_options_of(job, surroundings);
  options.trust = server_trust_of(job, anchors);
  options.schemes = Schemes::http_and_https;
  if (parse_url(job.url).scheme != "https") options.trust.verification = Verification::provisional;
  return options;
}

std::vector<Bytes> encoded(const std::vector<Certificate>& certificates) {
  std::vector<Bytes> result;
  for (const Certificate& certificate : certificates) result.push_back(der_of(certificate));
  return result;
}

}  // namespace edgeseal::enroll
