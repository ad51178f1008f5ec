#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "tpm/key_device.h"
#include "tpm/memory.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"

namespace edgeseal::tpm {

// A private key in the form in which TPM2_Duplicate gives keys out, with an inner wrapper and no outer one (TPM 2.0
// Part 1 §23.3): whoever has not `encryption_key` learns nothing from `duplicate`.
struct WrappedKey {
  Wiped<TPM2B_DATA> encryption_key;  // AES-128
  TPM2B_PRIVATE duplicate{};
};

// `area` is of the same key. Throws Error with Fault::bad_blob where the parts of the key do not have their sizes.
void wrap(WrappedKey& out, const PrivateKey& key, const TPM2B_PUBLIC& area, const SecretBytes& auth);

[[nodiscard]] PublicKey public_key(const PrivateKey& key);

// The contract is KeyDevice's, but for what the chip offers: the caller has looked. Takes a slot while it lasts.
[[nodiscard]] CreatedKey import_key(Session& session, const StorageKey& parent, KeyAlgorithm algorithm,
                                    const PrivateKey& key);

}  // namespace edgeseal::tpm
