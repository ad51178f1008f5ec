#include "agent/renewal/anchor_links.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/certificate_judgement.h"

namespace edgeseal::agent {

namespace {

using Time = std::chrono::system_clock::time_point;

std::vector<CertificatePtr> parse_all(const std::vector<tpm::Bytes>& all) {
  std::vector<CertificatePtr> certificates;
  for (const tpm::Bytes& der : all) certificates.push_back(parse_authority(der));
  return certificates;
}

bool issued(X509& issuer, X509& certificate) {
  return X509_NAME_cmp(X509_get_issuer_name(&certificate), X509_get_subject_name(&issuer)) == 0 &&
         X509_verify(&certificate, X509_get0_pubkey(&issuer)) == 1;
}

bool names_the_same(const X509& one, const X509& other) {
  return X509_NAME_cmp(X509_get_subject_name(&one), X509_get_subject_name(&other)) == 0 &&
         EVP_PKEY_eq(X509_get0_pubkey(&one), X509_get0_pubkey(&other)) == 1;
}

bool vouched_for(const X509& anchor, const std::vector<CertificatePtr>& links, const std::vector<CertificatePtr>& known,
                 Time now) {
  return std::ranges::any_of(links, [&](const CertificatePtr& link) {
    return names_the_same(*link, anchor) && is_timely(*link, now) &&
           std::ranges::any_of(known, [&](const CertificatePtr& old) { return issued(*old, *link); });
  });
}

}  // namespace

CertificatePtr parse_authority(tpm::ByteView der) {
  CertificatePtr certificate = parse_certificate(der);
  if (const std::string misuse = misuse_of_issuer(*certificate); !misuse.empty())
    throw Error(Code::certificate_invalid, fmt::format("{} {}", subject_of(*certificate), misuse));
  return certificate;
}

std::vector<tpm::Bytes> linked_anchors(const std::vector<tpm::Bytes>& offered, const std::vector<tpm::Bytes>& links,
                                       const std::vector<tpm::Bytes>& known, Time now) {
  const std::vector<CertificatePtr> known_authorities = parse_all(known);
  std::vector<CertificatePtr> vouchers = parse_all(links);
  std::ranges::move(parse_all(offered), std::back_inserter(vouchers));
  std::vector<tpm::Bytes> linked;
  for (const tpm::Bytes& der : offered) {
    if (std::ranges::find(known, der) != known.end() || std::ranges::find(linked, der) != linked.end()) continue;
    const CertificatePtr anchor = parse_authority(der);
    if (!vouched_for(*anchor, vouchers, known_authorities, now))
      throw Error(Code::certificate_untrusted,
                  fmt::format("{} is new, and no anchor in force vouches for it by a certificate; remedy: give it as "
                              "an anchor of the profile, or add it to the trust list",
                              subject_of(*anchor)));
    if (issued(*anchor, *anchor)) linked.push_back(der);
  }
  return linked;
}

}  // namespace edgeseal::agent
