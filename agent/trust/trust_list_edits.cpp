#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/path.h"
#include "agent/trust/revocation.h"
#include "agent/trust/trust_lists.h"

// AddCertificate and RemoveCertificate: a list with one certificate more, or less.
namespace edgeseal::agent {

namespace {

bool has_thumbprint(const Bytes& certificate, std::string_view thumbprint) {
  return std::ranges::equal(hexadecimal(sha1(certificate)), thumbprint, {}, {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

bool signed_by_one_of(const std::vector<CertificatePtr>& issuers, X509_CRL& crl) {
  return std::ranges::any_of(issuers, [&](const CertificatePtr& issuer) { return has_signed(*issuer, crl); });
}

// That the removed one has signed, and that nobody has signed who is left.
void erase_crls(std::vector<Bytes>& crls, X509& removed, const std::vector<CertificatePtr>& left) {
  std::erase_if(crls, [&](const Bytes& der) {
    const CrlPtr crl = parse_crl(der);
    return X509_NAME_cmp(X509_CRL_get_issuer(crl.get()), X509_get_subject_name(&removed)) == 0 &&
           has_signed(removed, *crl) && !signed_by_one_of(left, *crl);
  });
}

// Those of its subject that stay: it may stand in the other list, too.
std::vector<CertificatePtr> namesakes(const TrustStore& store, const X509& removed) {
  auto found = store.certificates_of(*X509_get_subject_name(&removed));
  const auto itself =
      std::ranges::find_if(found, [&](const CertificatePtr& other) { return X509_cmp(other.get(), &removed) == 0; });
  if (itself != found.end()) found.erase(itself);
  return found;
}

}  // namespace

TrustList with_certificate(const TrustStore& store, ByteView certificate, bool is_trusted) {
  if (!is_trusted)
    throw Error(Code::certificate_invalid,
                "only trusted certificates are added one by one; remedy: write the list of issuers as a whole");
  const Bytes der(certificate.begin(), certificate.end());
  static_cast<void>(build_path(store, std::span(&der, 1)));
  TrustList list = store.list();
  if (std::ranges::find(list.trusted_certificates, der) == list.trusted_certificates.end())
    list.trusted_certificates.push_back(der);
  return list;
}

TrustList without_certificate(const TrustStore& store, std::string_view thumbprint, bool is_trusted) {
  TrustList list = store.list();
  auto& certificates = is_trusted ? list.trusted_certificates : list.issuer_certificates;
  const auto found =
      std::ranges::find_if(certificates, [&](const Bytes& der) { return has_thumbprint(der, thumbprint); });
  if (found == certificates.end())
    throw Error(Code::invalid_argument, fmt::format("no {} certificate has the SHA-1 thumbprint {:.64}",
                                                    is_trusted ? "trusted" : "issuer", thumbprint));
  const CertificatePtr removed = parse_certificate(*found);
  certificates.erase(found);
  if (list.trusted_crls.empty() && list.issuer_crls.empty()) return list;
  const auto left = namesakes(store, *removed);
  erase_crls(list.trusted_crls, *removed, left);
  erase_crls(list.issuer_crls, *removed, left);
  return list;
}

}  // namespace edgeseal::agent
