#pragma once

#include "agent/keys/software_key.h"

namespace edgeseal::agent {

// A private key as files carry it: PKCS#8 (plain or encrypted), PKCS#1, SEC1, each PEM or DER, the traditional
// encrypted PEM, and PKCS#12. Certificates beside it are left out. At most max_import_size bytes. Runs in a thread of
// the SoftwareWorker. Throws Error{not_supported} for a kind of key that the agent does not keep, naming those that it
// does, Error{invalid_argument} for what is no private key, for a wrong or missing passphrase (which it tells apart),
// and for an RSA key whose parts do not fit together.
inline constexpr std::size_t max_import_size = 64 * 1024;
[[nodiscard]] SoftwareKey parse_private_key(tpm::ByteView encoded, tpm::ByteView passphrase);

// Whether it says that its key is RSA, RSASSA-PSS, EC or Ed25519. To be asked before it is decoded: of DSA and DH keys
// libcrypto computes the public part, with numbers as long as the file chose.
[[nodiscard]] bool has_kept_type(const PKCS8_PRIV_KEY_INFO& info);

}  // namespace edgeseal::agent
