#pragma once

#include "tpm/bytes.h"

namespace edgeseal::tpm {

// From the kernel, so that a weak generator in the chip does not weaken what protects its keys; at most 256.
[[nodiscard]] SecretBytes random_bytes(std::size_t size);

// 32 random bytes for an authValue. The last one is not zero: a TPM takes zeros at the end of an authValue away.
[[nodiscard]] SecretBytes random_auth();

}  // namespace edgeseal::tpm
