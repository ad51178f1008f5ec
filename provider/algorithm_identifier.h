#pragma once

#include <openssl/core.h>

#include "provider/libcrypto.h"

namespace edgeseal::provider {

// Sets the DER AlgorithmIdentifier of a signature (RFC 4055, RFC 5758, RFC 8410). False where there is none or memory
// is out. The salt length counts for PSS only.
[[nodiscard]] bool put_algorithm_identifier(OSSL_PARAM& parameter, wire::SignatureScheme scheme, wire::Hash hash,
                                            std::uint16_t salt_length) noexcept;

}  // namespace edgeseal::provider
