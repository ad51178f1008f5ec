#pragma once

#include "tpm/bytes.h"
#include "tpm/key_types.h"

namespace edgeseal::tpm {

// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): what an RSA signature is the private operation of. `digest` has the length of
// `hash`, and `size` is that of a modulus of a TPM key: there is always room.
[[nodiscard]] Bytes encode_pkcs1(HashAlgorithm hash, ByteView digest, std::size_t size);

}  // namespace edgeseal::tpm
