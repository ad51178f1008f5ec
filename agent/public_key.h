#pragma once

#include "agent/openssl.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;
using tpm::KeyId;

// DER SubjectPublicKeyInfo (RFC 5280 section 4.1) of a key as the TPM describes it, and back to what libcrypto works
// with.
[[nodiscard]] Bytes subject_public_key_info(const tpm::PublicKey& key);
[[nodiscard]] PublicKeyPtr parse_public_key(ByteView subject_public_key_info);
// SHA-256 of it.
[[nodiscard]] KeyId key_id(ByteView subject_public_key_info);

// True when `signature` over `digest` (SHA-256) verifies with `key`; RSA: PKCS#1 v1.5.
[[nodiscard]] bool verifies(EVP_PKEY& key, ByteView digest, ByteView signature);

}  // namespace edgeseal::agent
