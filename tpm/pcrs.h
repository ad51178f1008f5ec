#pragma once

#include <tss2/tss2_tpm2_types.h>

#include <string>

#include "tpm/context.h"
#include "tpm/pcr_policy.h"

namespace edgeseal::tpm {

// In the SHA-256 bank.
[[nodiscard]] TPML_PCR_SELECTION pcr_selection(PcrMask pcrs) noexcept;

// "7, 11"
[[nodiscard]] std::string to_string(PcrMask pcrs);

// The contract is KeyDevice's. One command for each eight PCRs.
[[nodiscard]] std::vector<Bytes> read_pcrs(Context& context, PcrMask pcrs);

}  // namespace edgeseal::tpm
