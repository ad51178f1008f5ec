#pragma once

#include "tpm/key_device.h"

// What libcrypto says of keys and signatures that the TPM made.
namespace edgeseal::test {

[[nodiscard]] tpm::Bytes sha256(tpm::ByteView message);

[[nodiscard]] bool verify_rsa_pkcs1(const tpm::PublicKey& key, tpm::ByteView sha256_digest, tpm::ByteView signature);
[[nodiscard]] bool verify_ecdsa(const tpm::PublicKey& key, tpm::ByteView sha256_digest,
                                const tpm::EcdsaSignature& signature);
// block ^ e mod n, as long as the modulus.
[[nodiscard]] tpm::Bytes rsa_public(const tpm::PublicKey& key, tpm::ByteView block);

}  // namespace edgeseal::test
