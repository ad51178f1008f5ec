#pragma once

#include <functional>

#include "agent/keys/key_service.h"

namespace edgeseal::agent {

// Throws Error{not_supported} where the key cannot decrypt so, or is not permitted to; Error{invalid_argument} for a
// ciphertext that is not whole blocks; Error{decryption_failed} for a block that is none of this key.
void require_fit(const Key& key, const DecryptionRequest& request);

// What implicit rejection needs besides the key's own secret: random, of this device, the same for ever.
using RejectionSeed = std::shared_ptr<const tpm::SecretBytes>;

// One block by a `tpm` key: one TPM command. `block` is a part of request.ciphertext.
[[nodiscard]] std::function<tpm::SecretBytes(tpm::KeyDevice&)> decrypt_command(
    const KeyPtr& key, const std::shared_ptr<const DecryptionRequest>& request, ByteView block,
    const RejectionSeed& seed);
// All blocks by an opened key, in a thread of the SoftwareWorker.
[[nodiscard]] tpm::SecretBytes decrypted(const SoftwareKey& key, const DecryptionRequest& request,
                                         const RejectionSeed& seed);

// Whether each block, as long as the modulus of the RSA key, is a smaller number than that.
[[nodiscard]] bool is_below_modulus(const Key& key, ByteView blocks);

[[nodiscard]] tpm::SecretBytes in_a_row(const std::vector<tpm::SecretBytes>& parts);

}  // namespace edgeseal::agent
