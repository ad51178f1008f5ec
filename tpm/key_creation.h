#pragma once

#include "tpm/key_device.h"
#include "tpm/object_policy.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"

namespace edgeseal::tpm {

// A new key under the storage key with a random authValue; the TPM keeps nothing of it.
[[nodiscard]] CreatedKey create_key(Session& session, const StorageKey& parent, KeyAlgorithm algorithm,
                                    const std::optional<ObjectPolicy>& policy);

}  // namespace edgeseal::tpm
