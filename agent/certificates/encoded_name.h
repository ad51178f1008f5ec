#pragma once

#include "agent/openssl.h"

namespace edgeseal::agent {

// The name in DER bytes, where they are a certificate or a CRL so far as that; null otherwise. What comes before the
// name is skipped and what comes behind it not looked at: a public key costs libcrypto a hundred times as much.
[[nodiscard]] NamePtr subject_of_certificate(tpm::ByteView der);
[[nodiscard]] NamePtr issuer_of_crl(tpm::ByteView der);

}  // namespace edgeseal::agent
