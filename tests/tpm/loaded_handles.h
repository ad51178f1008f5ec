#pragma once

#include <vector>

#include "tests/tpm/swtpm.h"
#include "tpm/context.h"
#include "tpm/memory.h"

namespace edgeseal::test {

// The handles of one kind that the chip holds now, asked over a connection of its own.
[[nodiscard]] inline std::vector<TPM2_HANDLE> handles_in(const Swtpm& swtpm, TPM2_HANDLE first) {
  tpm::Context context(swtpm.tcti(), {});
  tpm::EsysPtr<TPMS_CAPABILITY_DATA> data;
  TPMI_YES_NO more = 0;
  context.run("list handles", [&](ESYS_CONTEXT* esys) {
    return Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                              TPM2_MAX_CAP_HANDLES, &more, tpm::out(data));
  });
  const TPML_HANDLE& list = data->data.handles;
  return std::vector<TPM2_HANDLE>(list.handle, list.handle + list.count);
}

// Objects and sessions that somebody left behind.
[[nodiscard]] inline std::size_t leftovers_in(const Swtpm& swtpm) {
  return handles_in(swtpm, TPM2_TRANSIENT_FIRST).size() + handles_in(swtpm, TPM2_LOADED_SESSION_FIRST).size();
}

}  // namespace edgeseal::test
