#pragma once

#include "tpm/context.h"
#include "tpm/key_device.h"

namespace edgeseal::tpm {

// Asks the chip. The fields about the storage key are left empty.
[[nodiscard]] TpmFacts read_facts(Context& context);

}  // namespace edgeseal::tpm
