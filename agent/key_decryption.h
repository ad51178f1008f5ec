#pragma once

#include <functional>

#include "agent/key_service.h"

namespace edgeseal::agent {

// Throws Error{not_supported} where the key cannot decrypt so, or is not permitted to; Error{invalid_argument} for a
// ciphertext that is not whole blocks.
void require_fit(const Key& key, const DecryptionRequest& request);

// One TPM command for each block, by a `tpm` key.
[[nodiscard]] std::function<tpm::SecretBytes(tpm::KeyDevice&)> decrypt_command(const KeyPtr& key,
                                                                               const DecryptionRequest& request);
// By an opened key, in a thread of the SoftwareWorker.
[[nodiscard]] tpm::SecretBytes decrypted(const SoftwareKey& key, const DecryptionRequest& request);

}  // namespace edgeseal::agent
