#pragma once

#include <memory>
#include <string>
#include <vector>

#include "enroll/server_trust.h"
#include "enroll/trust_anchors.h"

namespace edgeseal::enroll {

// What was asked for, as far as what is issued has to be like it.
struct RequestedCertificate {
  Key public_key;
  std::shared_ptr<const X509_NAME> subject;
  std::vector<Bytes> alternative_names;  // each a GeneralName in DER, in order of their bytes
};
// Of a PKCS#10 request whose signature is right. Throws Error{policy}.
[[nodiscard]] RequestedCertificate requested_certificate(ByteView pkcs10);
// RFC 7030 §4.2.2: whether a request asks for the names that a certificate has.
[[nodiscard]] bool same_names(const RequestedCertificate& request, const Certificate& current);

enum class Names {
  as_requested,  // the subject is the same, all alternative names are there
  server_decides
};

struct IssuedRules {
  Names names = Names::as_requested;
  // NIDs of libcrypto, all of which an extendedKeyUsage extension has to hold where there is one. Without clientAuth
  // the certificate can't renew itself.
  std::vector<int> extended_key_usages{NID_client_auth};
};

struct IssuedCertificate {
  Certificate certificate;
  std::vector<Certificate> chain;  // its issuers from the nearest on, without a root
};

// The one certificate for the requested key among what a server sent. Further certificates are passed over, or taken
// for the chain. Throws Error{key_mismatch}, Error{unsuitable_certificate}; with a retry-after where only the clock of
// this device speaks against it.
[[nodiscard]] IssuedCertificate accept_issued(const std::vector<Certificate>& received,
                                              const RequestedCertificate& request, const TrustSet& trust,
                                              const IssuedRules& rules, const Clock& clock);

}  // namespace edgeseal::enroll
