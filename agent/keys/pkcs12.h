#pragma once

#include <openssl/pkcs12.h>

#include "agent/keys/password_encryption.h"

namespace edgeseal::agent {

// The first private key of a PKCS#12 file (RFC 7292). Certificates are not looked at, so that those of old files may be
// encrypted as they like. Throws Error{invalid_argument} where there is none, or the passphrase is wrong or missing,
// which it tells apart; Error{not_supported} as decrypt_pkcs8() does.
[[nodiscard]] Pkcs8Ptr private_key_of(PKCS12& file, Passphrase& passphrase);

}  // namespace edgeseal::agent
