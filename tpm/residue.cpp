#include "tpm/residue.h"

#include <tss2/tss2_sys.h>

namespace edgeseal::tpm {

// A command that is never sent is written over it, and is longer than any response with a secret.
void wipe_last_response(ESYS_CONTEXT* esys) noexcept {
  TSS2_SYS_CONTEXT* sys = nullptr;
  if (Esys_GetSysContext(esys, &sys) != TSS2_RC_SUCCESS) return;
  TPM2B_MAX_BUFFER zeros{};
  zeros.size = sizeof zeros.buffer;
  Tss2_Sys_Hash_Prepare(sys, &zeros, TPM2_ALG_SHA256, TPM2_RH_NULL);
}

// ESAPI takes what is to be created into its context, then finds that there is neither such a parent nor such a
// nameAlg.
void wipe_last_creation(ESYS_CONTEXT* esys) noexcept {
  constexpr ESYS_TR no_such_parent = 0xfffffffe;
  const TPM2B_SENSITIVE_CREATE zeros{};
  const TPM2B_PUBLIC no_area{};
  const TPM2B_DATA no_outside_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  Esys_Create_Async(esys, no_such_parent, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &zeros, &no_area,
                    &no_outside_info, &no_pcrs);
}

}  // namespace edgeseal::tpm
