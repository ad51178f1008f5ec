#pragma once

#include <tss2/tss2_esys.h>

#include "tpm/memory.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"
#include "tpm/tss_private_key.h"

// What lives outside the chip, under the storage key, with an authValue: application keys and sealed data.
namespace edgeseal::tpm {

struct CreatedObject {
  EsysPtr<TPM2B_PUBLIC> public_area;
  Bytes tss_private_key;
  SecretBytes auth;
};

// With a random authValue; the TPM keeps nothing of it. `data`: what is sealed, empty for a key. With a policy the
// authValue alone does not open it.
[[nodiscard]] CreatedObject create_object(const char* operation, Session& session, const StorageKey& parent,
                                          TPM2B_PUBLIC area, ByteView data,
                                          const std::optional<ObjectPolicy>& policy = std::nullopt);

struct LoadedObject {
  Handle handle;
  TPM2B_PUBLIC public_area;
  std::optional<ObjectPolicy> policy;
};

// Throws Error with Fault::bad_blob if the blob does not parse or is not of this type, its policy is not that of the
// object, or this TPM did not make it. A wrong authValue shows only when the object is used.
[[nodiscard]] LoadedObject load_object(const char* operation, Session& session, const StorageKey& parent,
                                       TssPrivateKey::Type type, ByteView tss_private_key, const SecretBytes& auth);

}  // namespace edgeseal::tpm
