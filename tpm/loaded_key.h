#pragma once

#include <optional>

#include "tpm/key_device.h"
#include "tpm/object_policy.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"
#include "tpm/stored_object.h"

namespace edgeseal::tpm {

// A key in a transient slot of the chip, ready for use.
struct LoadedKey {
  Handle handle;
  TPMI_ALG_PUBLIC type = TPM2_ALG_NULL;
  Bytes modulus = {};  // empty for EC
  std::optional<ObjectPolicy> policy = {};
  std::size_t field_size = 0;  // of the curve, in bytes; 0 for RSA
};

[[nodiscard]] LoadedKey as_key(LoadedObject object);

// Throws Error with Fault::bad_blob if the blob does not parse or this TPM did not make it. A wrong authValue shows
// only when the key is used.
[[nodiscard]] LoadedKey load_key(Session& session, const StorageKey& parent, const StoredKey& key);

}  // namespace edgeseal::tpm
