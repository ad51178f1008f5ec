#pragma once

#include "tests/fakes/test_keys.h"

namespace edgeseal::bench {

// The certificate of a gateway for this key, by a certification authority that exists for this one. All are alike, so
// that they cost a client the same.
[[nodiscard]] fakes::CertificatePtr certificate_for(EVP_PKEY* public_key);

}  // namespace edgeseal::bench
