#pragma once

#include <optional>

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

// RSA of 2048 to 4096 bits and the curves of the TPM. Throws Error{invalid_argument} for any other key.
[[nodiscard]] tpm::PublicKey to_tpm(EVP_PKEY& key);
// DER SubjectPublicKeyInfo; nothing for null, and for what libcrypto reads but can't write: an EC key at infinity, an
// RSASSA-PSS key with parameters that it has no word for.
[[nodiscard]] std::optional<Bytes> encoded_public_key(EVP_PKEY* key);
// Nothing for a key that the agent does not keep.
[[nodiscard]] std::optional<tpm::KeyAlgorithm> algorithm_of(EVP_PKEY& key);

// True when `signature` over `message` verifies with `key`; RSA: PKCS#1 v1.5, RSASSA-PSS: PSS, Ed25519: without a
// hash.
[[nodiscard]] bool verifies(EVP_PKEY& key, tpm::HashAlgorithm hash, ByteView message, ByteView signature);

}  // namespace edgeseal::agent
