#include "agent/trust/path.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/trust/chain.h"

namespace edgeseal::agent {

namespace {

// What libcrypto finds out about the extensions, and none that is critical and unknown.
CertificatePtr parse_well_formed(ByteView der) {
  CertificatePtr certificate = parse_certificate(der);
  const std::uint32_t flags = X509_get_extension_flags(certificate.get());
  ERR_clear_error();
  if ((flags & EXFLAG_INVALID) != 0)
    throw Error(Code::certificate_invalid, fmt::format("{}: an extension is malformed", subject_of(*certificate)));
  if ((flags & EXFLAG_CRITICAL) != 0)
    throw Error(Code::certificate_invalid,
                fmt::format("{}: a critical extension is unknown", subject_of(*certificate)));
  return certificate;
}

bool is_self_issued(const X509& certificate) {
  return X509_NAME_cmp(X509_get_subject_name(&certificate), X509_get_issuer_name(&certificate)) == 0;
}

class PathBuilder {
 public:
  PathBuilder(const TrustStore& store, std::span<const Bytes> chain, unsigned& signatures_left)
      : store_(store), signatures_left_(signatures_left) {
    for (const Bytes& der : chain) sent_.push_back(parse_well_formed(der));
  }

  std::vector<CertificatePtr> build() {
    std::vector<CertificatePtr> path;
    path.push_back(std::move(sent_.front()));
    while (!is_self_signed(*path.back())) {
      if (path.size() == max_path_length)
        throw Error(Code::certificate_chain_incomplete,
                    fmt::format("{}: no root after {} certificates", subject_of(*path.front()), max_path_length));
      path.push_back(find_issuer(*path.back()));
    }
    return path;
  }

 private:
  bool has_signed(const X509& issuer, X509& certificate) {
    if (signatures_left_ == 0)
      throw Error(Code::certificate_chain_incomplete,
                  fmt::format("{}: not signed by the first of the issuers of that name; {} signatures are verified at "
                              "most",
                              subject_of(certificate), max_path_signatures));
    --signatures_left_;
    const bool good = X509_verify(&certificate, X509_get0_pubkey(&issuer)) == 1;
    ERR_clear_error();
    return good;
  }

  bool is_self_signed(X509& certificate) { return is_self_issued(certificate) && has_signed(certificate, certificate); }

  // One that the store has is as good as one that was sent, and better: it may be trusted.
  CertificatePtr find_issuer(X509& certificate) {
    std::vector<CertificatePtr> candidates = store_.issuers_of(certificate);
    for (const CertificatePtr& sent : sent_)
      if (sent && X509_NAME_cmp(X509_get_subject_name(sent.get()), X509_get_issuer_name(&certificate)) == 0) {
        X509_up_ref(sent.get());
        candidates.emplace_back(sent.get());
      }
    if (candidates.empty())
      throw Error(Code::certificate_chain_incomplete,
                  fmt::format("{}: its issuer is neither known nor sent along", subject_of(certificate)));
    const auto found = std::ranges::find_if(
        candidates, [&](const CertificatePtr& candidate) { return has_signed(*candidate, certificate); });
    if (found == candidates.end())
      throw Error(Code::certificate_invalid,
                  fmt::format("{}: not signed by the issuer that it names", subject_of(certificate)));
    return std::move(*found);
  }

  const TrustStore& store_;
  std::vector<CertificatePtr> sent_;
  unsigned& signatures_left_;
};

}  // namespace

std::vector<CertificatePtr> build_path(const TrustStore& store, std::span<const Bytes> chain) {
  unsigned signatures_left = max_path_signatures;
  return build_path(store, chain, signatures_left);
}

std::vector<CertificatePtr> build_path(const TrustStore& store, std::span<const Bytes> chain,
                                       unsigned& signatures_left) {
  if (chain.empty()) throw Error(Code::certificate_invalid, "there is no certificate");
  if (chain.size() > max_path_length)
    throw Error(Code::certificate_invalid, fmt::format("more than {} certificates", max_path_length));
  return PathBuilder(store, chain, signatures_left).build();
}

}  // namespace edgeseal::agent
