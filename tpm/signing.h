#pragma once

#include "tpm/key_device.h"
#include "tpm/loaded_key.h"
#include "tpm/session.h"

// The private operations on a loaded key: one TPM command each. The contract of each is KeyDevice's.
namespace edgeseal::tpm {

[[nodiscard]] Bytes sign_rsa_pkcs1(Context& context, Session& session, const LoadedKey& key, HashAlgorithm hash,
                                   ByteView digest);
[[nodiscard]] EcdsaSignature sign_ecdsa(Context& context, Session& session, const LoadedKey& key, HashAlgorithm hash,
                                        ByteView digest);
[[nodiscard]] SecretBytes rsa_private(Context& context, Session& session, const LoadedKey& key, ByteView block);

}  // namespace edgeseal::tpm
