#pragma once

#include <chrono>
#include <vector>

#include "agent/openssl.h"

namespace edgeseal::agent {

// DER. Throws Error{certificate_invalid} for what is no certificate of an authority, or of one that may not sign any.
[[nodiscard]] CertificatePtr parse_authority(tpm::ByteView der);

// Which of `offered` are to be trusted besides `known`: those that are not known, and each of them vouched for. A known
// anchor vouches for another by a certificate for the new name and key (NewWithOld, RFC 9810 §4.4), which is among
// `links`, or directly where `offered` holds it. All are DER. Throws Error{certificate_invalid} for what is no
// certificate of an authority, Error{certificate_untrusted} naming the first that nobody vouches for.
[[nodiscard]] std::vector<tpm::Bytes> linked_anchors(const std::vector<tpm::Bytes>& offered,
                                                     const std::vector<tpm::Bytes>& links,
                                                     const std::vector<tpm::Bytes>& known,
                                                     std::chrono::system_clock::time_point now);

}  // namespace edgeseal::agent
