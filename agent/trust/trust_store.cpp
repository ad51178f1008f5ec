#include "agent/trust/trust_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "agent/certificates/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

[[noreturn]] void refuse_item(const char* list_name, std::size_t index, const Error& cause) {
  throw Error(cause.code(), fmt::format("number {} of the {}: {}", index + 1, list_name, cause.what()));
}

template <class Parse>
auto parse_item(const char* list_name, std::size_t index, const Parse& parse) {
  try {
    return parse();
  } catch (const Error& error) {
    refuse_item(list_name, index, error);
  }
}

}  // namespace

CrlPtr parse_crl(ByteView der) {
  if (der.empty() || der.size() > max_crl_size)
    throw Error(Code::certificate_invalid,
                fmt::format("the CRL has {} bytes; 1 to {} are taken", der.size(), max_crl_size));
  const unsigned char* cursor = octets(der);
  CrlPtr crl(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(der.size())));
  if (!crl) throw Error(Code::certificate_invalid, fmt::format("not a CRL in DER: {}", openssl_reason()));
  if (cursor != octets(der) + der.size()) throw Error(Code::certificate_invalid, "bytes follow the CRL");
  return crl;
}

TrustStore::TrustStore(TrustList list, const Judge& judge) : list_(std::move(list)) {
  add(list_.trusted_certificates, "trusted certificates", judge);
  add(list_.issuer_certificates, "issuer certificates", judge);
  add_crls(list_.trusted_crls, "trusted CRLs");
  add_crls(list_.issuer_crls, "issuer CRLs");
  trusted_.reserve(list_.trusted_certificates.size());
  for (const Bytes& certificate : list_.trusted_certificates) trusted_.push_back(sha256(certificate));
  std::ranges::sort(trusted_);
}

bool TrustStore::trusts(const Sha256& fingerprint) const {
  return std::ranges::binary_search(trusted_, fingerprint);
}

std::vector<CertificatePtr> TrustStore::certificates_of(const X509_NAME& subject) const {
  std::vector<CertificatePtr> found;
  const auto [first, last] = by_subject_.equal_range(name_hash(subject));
  for (auto entry = first; entry != last; ++entry) {
    CertificatePtr candidate = parsed(*entry->second);
    if (X509_NAME_cmp(X509_get_subject_name(candidate.get()), &subject) == 0) found.push_back(std::move(candidate));
  }
  return found;
}

std::vector<const X509_CRL*> TrustStore::crls_of(const X509& issuer) const {
  const X509_NAME* name = X509_get_subject_name(&issuer);
  std::vector<const X509_CRL*> found;
  const auto [first, last] = crls_.equal_range(name_hash(*name));
  for (auto entry = first; entry != last; ++entry)
    if (X509_NAME_cmp(X509_CRL_get_issuer(entry->second.get()), name) == 0) found.push_back(entry->second.get());
  return found;
}

// A reference of its own to what may be shared: X509 has locks for what it finds out lazily.
CertificatePtr TrustStore::parsed(const Bytes& der) const {
  const std::scoped_lock lock(mutex_);
  if (parsed_.size() >= max_parsed) parsed_.clear();
  CertificatePtr& certificate = parsed_[&der];
  if (!certificate) certificate = parse_certificate(der);
  X509_up_ref(certificate.get());
  return CertificatePtr(certificate.get());
}

void TrustStore::add(const std::vector<Bytes>& certificates, const char* list_name, const Judge& judge) {
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const CertificateOutline outline = parse_item(list_name, i, [&] {
      CertificateOutline certificate(certificates[i]);
      if (judge) judge(certificate, certificates[i]);
      return certificate;
    });
    by_subject_.emplace(outline.subject_hash(), &certificates[i]);
  }
}

void TrustStore::add_crls(const std::vector<Bytes>& crls, const char* list_name) {
  for (std::size_t i = 0; i < crls.size(); ++i) {
    CrlPtr parsed = parse_item(list_name, i, [&] { return parse_crl(crls[i]); });
    const NameHash hash = name_hash(*X509_CRL_get_issuer(parsed.get()));
    crls_.emplace(hash, std::move(parsed));
  }
}

}  // namespace edgeseal::agent
