#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "agent/openssl.h"
#include "agent/trust/certificate_outline.h"
#include "agent/trust/trust_list.h"

namespace edgeseal::agent {

using CrlPtr = std::unique_ptr<X509_CRL, OpensslFree<X509_CRL, X509_CRL_free>>;
using Sha256 = std::array<std::byte, 32>;

inline constexpr std::size_t max_crl_size = 1024 * 1024;  // DER; larger ones are refused before they are parsed

// Exactly one DER CRL. Throws Error{certificate_invalid}.
[[nodiscard]] CrlPtr parse_crl(ByteView der);

// A trust list made ready for questions: every certificate and CRL in it has the structure of one, and what a question
// needs is found by the name of its subject. Certificates are kept as DER and parsed when they are candidates for the
// first time, which spares memory and time where there are thousands. Any thread.
class TrustStore {
 public:
  // Of each certificate; throws Error where it must not be in a list.
  using Judge = std::function<void(const CertificateOutline& certificate, ByteView der)>;

  // Throws Error{certificate_invalid} or what `judge` throws, saying which certificate or CRL it is and what is wrong
  // with it.
  explicit TrustStore(TrustList list) : TrustStore(std::move(list), nullptr) {}
  TrustStore(TrustList list, const Judge& judge);

  [[nodiscard]] const TrustList& list() const { return list_; }
  [[nodiscard]] bool trusts(const Sha256& fingerprint) const;  // of a certificate among the trusted ones

  // Certificates, trusted or not, of this subject.
  [[nodiscard]] std::vector<CertificatePtr> certificates_of(const X509_NAME& subject) const;
  [[nodiscard]] std::vector<CertificatePtr> issuers_of(const X509& certificate) const {
    return certificates_of(*X509_get_issuer_name(&certificate));
  }
  // CRLs whose issuer has this subject.
  [[nodiscard]] std::vector<const X509_CRL*> crls_of(const X509& issuer) const;

 private:
  using NameHash = std::uint64_t;  // name_hash()
  static constexpr std::size_t max_parsed = 256;

  [[nodiscard]] CertificatePtr parsed(const Bytes& der) const;
  void add(const std::vector<Bytes>& certificates, const char* list_name, const Judge& judge);
  void add_crls(const std::vector<Bytes>& crls, const char* list_name);

  TrustList list_;
  std::vector<Sha256> trusted_;                       // sorted
  std::multimap<NameHash, const Bytes*> by_subject_;  // into list_
  std::multimap<NameHash, CrlPtr> crls_;              // by issuer
  mutable std::mutex mutex_;                          // guards parsed_
  mutable std::map<const Bytes*, CertificatePtr> parsed_;
};

}  // namespace edgeseal::agent
