#pragma once

#include <optional>

#include "tpm/bytes.h"

namespace edgeseal::agent {

// DER SubjectPublicKeyInfo of a private key that lies in the clear (PKCS#8, PKCS#1 or SEC1, DER); nothing for what is
// none, or of another type than RSA, RSASSA-PSS, EC and Ed25519. Whether the agent would keep such a key is not asked.
[[nodiscard]] std::optional<tpm::Bytes> public_key_of_clear_key(tpm::ByteView der);

}  // namespace edgeseal::agent
