#pragma once

#include <cstdint>
#include <optional>

#include "tpm/bytes.h"
#include "tpm/handle.h"

namespace edgeseal::tpm {

// The parent of all keys.
struct StorageKey {
  Handle handle;
  TPM2_HANDLE persistent = 0;  // 0x81000001, or 0 for a primary that was made now
  Bytes name;

  // As a TSSPRIVKEY names it.
  [[nodiscard]] std::uint32_t parent() const noexcept;
};

// The persistent key at 0x81000001 if its Name is the recorded one or, with nothing recorded, if it is a storage key;
// else the ECC P-256 primary of the owner hierarchy. What an earlier process left loaded of either is flushed; this is
// the first to load anything. Throws Error with Fault::replaced if neither has the recorded Name.
[[nodiscard]] StorageKey open_storage_key(Context& context, const std::optional<Bytes>& recorded_name);

}  // namespace edgeseal::tpm
