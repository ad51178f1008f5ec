#pragma once

#include "tpm/authorisation.h"
#include "tpm/chip_hashes.h"
#include "tpm/key_device.h"
#include "tpm/loaded_key.h"

// Keys that come from, and go to, other programs that use the same storage key. The contract of each is KeyDevice's.
namespace edgeseal::tpm {

// Takes a slot while it lasts.
[[nodiscard]] CreatedKey adopt_key(Session& session, Authorisation& authorisation, const ChipHashes& hashes,
                                   const StorageKey& parent, ByteView tss_private_key, const SecretBytes& auth);

// `loaded` is `key`.
[[nodiscard]] Bytes export_key(Session& session, const StorageKey& parent, const LoadedKey& loaded,
                               const StoredKey& key, const SecretBytes& auth);

}  // namespace edgeseal::tpm
