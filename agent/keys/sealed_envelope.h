#pragma once

#include <functional>

#include "tpm/key_device.h"

// What a `sealed` key is on the disk: its PKCS#8 encoding under AES-256-GCM. Version (1), nonce, ciphertext, tag; the
// id of the key is authenticated with it.
namespace edgeseal::agent {

inline constexpr std::size_t envelope_key_size = 32;
inline constexpr std::size_t max_envelope_size = 16 * 1024;

// `key` serves for this one envelope.
[[nodiscard]] tpm::Bytes seal_envelope(tpm::ByteView key, const tpm::KeyId& id, tpm::ByteView secret);

// Calls `use` with the content, which lies in the secret memory and is overwritten afterwards. Throws
// Error{security_checks_failed} for what seal_envelope() did not make with this key and id.
void open_envelope(tpm::ByteView key, const tpm::KeyId& id, tpm::ByteView envelope,
                   const std::function<void(tpm::ByteView)>& use);

}  // namespace edgeseal::agent
