#pragma once

#include "provider/libcrypto.h"

namespace edgeseal::provider {

// The AlgorithmIdentifier of a signature (RFC 4055, RFC 5758), null where there is none or memory is out. The salt
// length counts for PSS only.
[[nodiscard]] AlgorithmIdentifier identify_signature(wire::SignatureScheme scheme, wire::Hash hash,
                                                     std::uint16_t salt_length) noexcept;

}  // namespace edgeseal::provider
