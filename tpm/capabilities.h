#pragma once

#include <functional>
#include <vector>

#include "tpm/context.h"
#include "tpm/key_device.h"

namespace edgeseal::tpm {

// Asks the chip. The fields about the storage key are left empty.
[[nodiscard]] TpmFacts read_facts(Context& context);

// What the chip holds of the kind of `first` (its upper byte), from that handle on, in ascending order. Throws Error
// with Fault::failed for more than 4096, which no chip holds.
[[nodiscard]] std::vector<TPM2_HANDLE> handles_from(Context& context, TPM2_HANDLE first);

// What one command tells of them, from a handle on.
struct SomeHandles {
  std::vector<TPM2_HANDLE> handles;
  bool more = false;
};
// handles_from(), whoever tells.
[[nodiscard]] std::vector<TPM2_HANDLE> collect_handles(TPM2_HANDLE first,
                                                       const std::function<SomeHandles(TPM2_HANDLE)>& read);

}  // namespace edgeseal::tpm
