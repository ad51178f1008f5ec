#pragma once

#include <vector>

#include "tpm/context.h"
#include "tpm/key_device.h"

namespace edgeseal::tpm {

// Asks the chip. The fields about the storage key are left empty.
[[nodiscard]] TpmFacts read_facts(Context& context);

// What the chip holds of the kind of `first` (its upper byte), from that handle on, in ascending order.
[[nodiscard]] std::vector<TPM2_HANDLE> handles_from(Context& context, TPM2_HANDLE first);

}  // namespace edgeseal::tpm
