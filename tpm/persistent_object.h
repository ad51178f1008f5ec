#pragma once

#include <tss2/tss2_esys.h>

#include <optional>

#include "tpm/handle.h"

namespace edgeseal::tpm {

struct PersistentObject {
  Handle handle;
  TPM2B_PUBLIC area;
};

// Nothing if there is none with this handle. Two commands.
[[nodiscard]] std::optional<PersistentObject> find_persistent_object(Context& context, TPM2_HANDLE handle);

}  // namespace edgeseal::tpm
