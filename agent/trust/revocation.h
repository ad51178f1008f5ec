#pragma once

#include <chrono>
#include <string>

#include "agent/trust/trust_store.h"

namespace edgeseal::agent {

struct Revocation {
  bool known = false;  // a CRL of the issuer answers the question now
  bool revoked = false;
  std::string text;  // where not known, or revoked
};

// With a key that may sign CRLs.
[[nodiscard]] bool has_signed(X509& issuer, X509_CRL& crl);

// By the CRLs of the store. One that has expired can still tell that a certificate is revoked, but not that it is good.
// `signatures_left`: how many are verified at most; those that were are taken off. Throws Error{request_too_large}
// where it takes more.
[[nodiscard]] Revocation revocation_of(const TrustStore& store, X509& certificate, X509& issuer,
                                       std::chrono::system_clock::time_point now, unsigned& signatures_left);

}  // namespace edgeseal::agent
