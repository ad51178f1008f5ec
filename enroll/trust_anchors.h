#pragma once

#include <string>
#include <vector>

#include "enroll/server_trust.h"

namespace edgeseal::enroll {

// What an enrolment trusts: roots, and the CA certificates below and between them.
struct TrustSet {
  std::vector<Certificate> anchors;
  std::vector<Certificate> intermediates;
};

// Who stands behind a set that a server sent.
struct Session {
  std::string host;                // whom the server was verified as
  std::vector<Certificate> chain;  // what it presented, its own certificate first
};

// The set that takes the place of the current one (RFC 7030 §4.1.3, RFC 4210 §4.4). Its anchors are the self-signed CA
// certificates of what was received, or the current ones where there is none; the other CA certificates are
// intermediates; what is no CA certificate is passed over. Each new anchor has to be linked to a current one by a
// certificate for its key (NewWithOld), or by several; and the server of the session has to verify under the new set,
// if need be by OldWithNew. Throws Error{transport} without any CA certificate, Error{rollover} where a link is
// missing.
[[nodiscard]] TrustSet renewed_trust(const TrustSet& current, const std::vector<Certificate>& received,
                                     const Session& session, const Clock& clock);

// The first set where the server is trusted for another reason: all that it sent. Throws Error{transport} without a
// root.
[[nodiscard]] TrustSet received_trust(const std::vector<Certificate>& received);

// The first set, of which nothing but one root is known (RFC 7030 §4.1.1): that with the SHA-256 fingerprint.
// Throws Error{server_untrusted} when there is none with it.
[[nodiscard]] TrustSet pinned_trust(const std::vector<Certificate>& received, ByteView fingerprint);

// The one root among those received under which the server of the session verifies; for somebody to compare its
// fingerprint. Throws Error{server_untrusted} when there is none.
[[nodiscard]] Certificate root_of_session(const std::vector<Certificate>& received, const Session& session,
                                          const Clock& clock);

[[nodiscard]] bool is_ca(const Certificate& certificate);
[[nodiscard]] bool is_self_signed(const Certificate& certificate);
[[nodiscard]] bool same_name_and_key(const Certificate& left, const Certificate& right);
[[nodiscard]] Bytes fingerprint_of(const Certificate& certificate);  // SHA-256 of the DER form

}  // namespace edgeseal::enroll
