#pragma once

#include <vector>

#include "tests/tpm/swtpm.h"
#include "tpm/capabilities.h"

namespace edgeseal::test {

// The handles of one kind that the chip holds now, asked over a connection of its own.
[[nodiscard]] inline std::vector<TPM2_HANDLE> handles_in(const Swtpm& swtpm, TPM2_HANDLE first) {
  tpm::Context context(swtpm.tcti(), {});
  return tpm::handles_from(context, first);
}

// Objects and sessions that somebody left behind.
[[nodiscard]] inline std::size_t leftovers_in(const Swtpm& swtpm) {
  return handles_in(swtpm, TPM2_TRANSIENT_FIRST).size() + handles_in(swtpm, TPM2_LOADED_SESSION_FIRST).size();
}

}  // namespace edgeseal::test
