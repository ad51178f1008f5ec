#pragma once

#include "tpm/authorisation.h"
#include "tpm/key_device.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"

// The contract of each is KeyDevice's. Both take a free slot while they last.
namespace edgeseal::tpm {

[[nodiscard]] SealedSecret seal(Session& session, const StorageKey& parent, ByteView secret,
                                const std::optional<ObjectPolicy>& policy);
[[nodiscard]] SecretBytes unseal(Session& session, Authorisation& authorisation, const StorageKey& parent,
                                 const SealedSecret& sealed);

}  // namespace edgeseal::tpm
