#include "enroll/trust_anchors.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <iterator>

#include "enroll/certificate_path.h"

namespace edgeseal::enroll {
namespace {

using Certificates = std::vector<Certificate>;

TrustSet sorted(const Certificates& received) {
  TrustSet set;
  for (const Certificate& certificate : received)
    if (is_ca(certificate)) (is_self_signed(certificate) ? set.anchors : set.intermediates).push_back(certificate);
  return set;
}

// Whether a certificate for the key of this new root leads to an anchor that is in force.
bool is_linked(const Certificate& root, const TrustSet& current, const TrustSet& received, const Clock& clock) {
  return std::any_of(received.intermediates.begin(), received.intermediates.end(), [&](const Certificate& link) {
    return same_name_and_key(link, root) &&
           find_path({link, current.anchors, received.intermediates, {}}, clock).good();
  });
}

PathAnswer path_of_session(const Session& session, const Certificates& anchors, const Certificates& intermediates,
                           const Clock& clock) {
  if (session.chain.empty()) throw Error(ErrorClass::server_untrusted, "the trust anchors came over no TLS session");
  return find_path({session.chain.front(), anchors, joined(intermediates, session.chain), session.host}, clock);
}

void require_ca(const TrustSet& set) {
  if (set.anchors.empty() && set.intermediates.empty())
    throw Error(ErrorClass::transport, "the server sent no CA certificate; the trust anchors stay");
}

}  // namespace

bool is_ca(const Certificate& certificate) {
  ERR_set_mark();
  const bool ca = X509_check_ca(certificate.get()) == 1;  // 1: basicConstraints say so
  ERR_pop_to_mark();
  return ca;
}

bool is_self_signed(const Certificate& certificate) {
  const bool self_signed =
      is_self_issued(certificate) && X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())) == 1;
  ERR_clear_error();
  return self_signed;
}

bool same_name_and_key(const Certificate& left, const Certificate& right) {
  return X509_NAME_cmp(X509_get_subject_name(left.get()), X509_get_subject_name(right.get())) == 0 &&
         EVP_PKEY_eq(X509_get0_pubkey(left.get()), X509_get0_pubkey(right.get())) == 1;
}

Bytes fingerprint_of(const Certificate& certificate) {
  return sha256(der_of(certificate));
}

TrustSet renewed_trust(const TrustSet& current, const Certificates& received, const Session& session,
                       const Clock& clock) {
  TrustSet set = sorted(received);
  require_ca(set);
  if (set.anchors.empty()) set.anchors = current.anchors;
  for (const Certificate& anchor : set.anchors)
    if (!contains(current.anchors, anchor) && !is_linked(anchor, current, set, clock))
      throw Error(ErrorClass::rollover,
                  fmt::format("nothing links the new trust anchor {} to those in force: the server has to send its "
                              "certificate by the old key (NewWithOld), or somebody has to install it",
                              subject_of(anchor)));
  if (const PathAnswer path = path_of_session(session, set.anchors, set.intermediates, clock); !path.good())
    throw Error(ErrorClass::rollover,
                fmt::format("under the new trust anchors {} itself would not be trusted ({}): the old root, or its "
                            "certificate by the new key (OldWithNew), is missing",
                            session.host, path.reason()));
  return set;
}

TrustSet received_trust(const Certificates& received) {
  TrustSet set = sorted(received);
  if (set.anchors.empty()) throw Error(ErrorClass::transport, "the server sent no root; nothing would be trusted");
  return set;
}

TrustSet pinned_trust(const Certificates& received, ByteView fingerprint) {
  const TrustSet set = sorted(received);
  require_ca(set);
  const auto matches = [&](const Certificate& root) {
    const Bytes digest = fingerprint_of(root);
    return std::equal(digest.begin(), digest.end(), fingerprint.begin(), fingerprint.end());
  };
  const auto found = std::find_if(set.anchors.begin(), set.anchors.end(), matches);
  if (found == set.anchors.end())
    throw Error(ErrorClass::server_untrusted,
                fmt::format("the server has no root with the SHA-256 fingerprint {}: it is "
                            "another server, or the fingerprint is wrong",
                            hexadecimal(fingerprint)));
  return {{*found}, set.intermediates};
}

Certificate root_of_session(const Certificates& received, const Session& session, const Clock& clock) {
  const TrustSet set = sorted(received);
  require_ca(set);
  std::string reason = "it sent no root";
  if (!set.anchors.empty()) {
    const PathAnswer path = path_of_session(session, set.anchors, set.intermediates, clock);
    if (path.good()) return path.chain.back();
    reason = path.reason();
  }
  throw Error(ErrorClass::server_untrusted,
              fmt::format("{} does not verify under the root that it sent: {}", session.host, reason));
}

}  // namespace edgeseal::enroll
