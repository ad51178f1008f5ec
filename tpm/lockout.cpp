#include "tpm/lockout.h"

#include <string>

#include "tpm/properties.h"

namespace edgeseal::tpm {

Lockout read_lockout(Context& context) {
  const Properties properties(context, TPM2_PT_PERMANENT, TPM2_PT_LOCKOUT_INTERVAL);
  return {(properties[TPM2_PT_PERMANENT] & TPMA_PERMANENT_INLOCKOUT) != 0, properties[TPM2_PT_LOCKOUT_COUNTER],
          properties[TPM2_PT_MAX_AUTH_FAIL], std::chrono::seconds(properties[TPM2_PT_LOCKOUT_INTERVAL])};
}

Error locked_out(const Error& error, const Lockout& lockout) {
  const std::string wait = std::to_string(lockout.recovery.count());
  return Error(error.operation(), error.rc(), Fault::locked_out,
               std::to_string(lockout.failed_tries) + " of " + std::to_string(lockout.max_tries) +
                   " failed authorisations; the next try is allowed in " + wait +
                   " seconds at the latest, if the TPM stays on. Who has the lockout authorisation can end it at once "
                   "(tpm2_dictionarylockout -c -p VALUE)");
}

}  // namespace edgeseal::tpm
