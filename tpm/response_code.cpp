#include "tpm/response_code.h"

namespace edgeseal::tpm {
namespace {

// TPM_RC_REFERENCE_H0..H6 and S0..S6: a handle names an object or a session that is not loaded.
constexpr bool lost_reference(TSS2_RC code) noexcept {
  return (code >= TPM2_RC_REFERENCE_H0 && code <= TPM2_RC_REFERENCE_H6) ||
         (code >= TPM2_RC_REFERENCE_S0 && code <= TPM2_RC_REFERENCE_S6);
}

Fault classify_chip(TSS2_RC code) noexcept {
  switch (code) {
    case TPM2_RC_RETRY:
    case TPM2_RC_YIELDED:
    case TPM2_RC_TESTING:
    case TPM2_RC_CANCELED:
    case TPM2_RC_NV_RATE:
    case TPM2_RC_NV_UNAVAILABLE: return Fault::busy;
    case TPM2_RC_LOCKOUT: return Fault::locked_out;
    case TPM2_RC_COMMAND_CODE:
    case TPM2_RC_ASYMMETRIC:
    case TPM2_RC_SYMMETRIC:
    case TPM2_RC_HASH:
    case TPM2_RC_CURVE:
    case TPM2_RC_SCHEME:
    case TPM2_RC_KDF:
    case TPM2_RC_MODE: return Fault::unsupported;
    case TPM2_RC_INTEGRITY: return Fault::bad_blob;
    case TPM2_RC_INITIALIZE:
    case TPM2_RC_FAILURE:  // of a self-test: until the next power-on the chip answers nothing else
    case TPM2_RC_UPGRADE:
    case TPM2_RC_REBOOT: return Fault::transport;
    default: return lost_reference(code) ? Fault::transport : Fault::failed;
  }
}

}  // namespace

Error full_chip(const Error& error) {
  const bool sessions = out_of_sessions(error.rc());
  return Error(error.operation(), error.rc(), Fault::busy,
               std::string("other programs hold the ") + (sessions ? "sessions" : "object slots") +
                   " of this TPM. End them (what one left behind goes by tpm2_flushcontext " +
                   (sessions ? "-l" : "-t") + "), or let them and the agent use the resource manager, /dev/tpmrm0");
}

Fault classify(TSS2_RC rc) noexcept {
  if (!from_chip(rc) || lacks_handle(rc)) return Fault::transport;
  return classify_chip(chip_code(rc));
}

}  // namespace edgeseal::tpm
