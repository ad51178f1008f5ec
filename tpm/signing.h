#pragma once

#include "tpm/authorisation.h"
#include "tpm/key_device.h"
#include "tpm/loaded_key.h"

// The private operations on a loaded key: one TPM command each, and those that its policy asks for before it. The
// contract of each is KeyDevice's.
namespace edgeseal::tpm {

[[nodiscard]] Bytes sign_rsa_pkcs1(Authorisation& authorisation, const LoadedKey& key, HashAlgorithm hash,
                                   ByteView digest);
[[nodiscard]] EcdsaSignature sign_ecdsa(Authorisation& authorisation, const LoadedKey& key, HashAlgorithm hash,
                                        ByteView digest);
[[nodiscard]] SecretBytes rsa_private(Authorisation& authorisation, const LoadedKey& key, ByteView block);

}  // namespace edgeseal::tpm
