#pragma once

#include <openssl/types.h>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

inline constexpr std::size_t premaster_secret_size = 48;

// What the first two bytes of the secret may be: the version that the client offered and, for clients that get it
// wrong, the one negotiated. Zero where the program set none.
struct TlsVersions {
  unsigned client = 0;
  unsigned negotiated = 0;
};

// The premaster secret of a key exchange by RSA (RFC 5246 section 7.4.7.1) out of what was decrypted, or a random one
// where that is none: the handshake then fails later, and its failure tells nothing of the plaintext
// (Bleichenbacher's attack). Takes the same time either way. `plaintext` holds at least premaster_secret_size bytes, of
// which `size` are meant. False, with an error raised, where random numbers are out.
[[nodiscard]] bool take_premaster_secret(OSSL_LIB_CTX* library, ByteView plaintext, std::size_t size,
                                         const TlsVersions& versions, MutableByteView secret) noexcept;

}  // namespace edgeseal::provider
