#pragma once

#include "tpm/authorisation.h"
#include "tpm/chip_hashes.h"
#include "tpm/key_device.h"
#include "tpm/loaded_key.h"

// The private operations on a loaded key: one TPM command each, and those that its policy asks for before it. The
// contract of each is KeyDevice's. A hash that the chip lacks is no obstacle: the signature is the same.
namespace edgeseal::tpm {

[[nodiscard]] Bytes sign_rsa_pkcs1(Authorisation& authorisation, const ChipHashes& hashes, const LoadedKey& key,
                                   HashAlgorithm hash, ByteView digest);
[[nodiscard]] EcdsaSignature sign_ecdsa(Authorisation& authorisation, const ChipHashes& hashes, const LoadedKey& key,
                                        HashAlgorithm hash, ByteView digest);
[[nodiscard]] SecretBytes rsa_private(Authorisation& authorisation, const LoadedKey& key, ByteView block);

}  // namespace edgeseal::tpm
