#pragma once

#include <tss2/tss2_common.h>
#include <tss2/tss2_tpm2_types.h>

#include "tpm/error.h"

// The structure of a TSS2_RC: a layer in the third byte, and below it, for the chip, a TPM_RC (TPM 2.0 Part 2 §6.6).
namespace edgeseal::tpm {

// True if the TPM itself answered, directly or through a resource manager that passes its codes on. Linux's answers
// itself for the commands that the chip does not have, in the layer of resource managers.
[[nodiscard]] constexpr bool from_chip(TSS2_RC rc) noexcept {
  const TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
  if (rc == (TSS2_RESMGR_RC_LAYER | TPM2_RC_COMMAND_CODE)) return true;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

// The TPM_RC without the layer and, in format one, without the number of the handle, session or parameter it blames.
[[nodiscard]] constexpr TSS2_RC chip_code(TSS2_RC rc) noexcept {
  constexpr TSS2_RC format_one_error = TPM2_RC_FMT1 | 0x3f;
  const TSS2_RC code = rc & 0xffff;
  return (code & TPM2_RC_FMT1) != 0 ? code & format_one_error : code;
}

// A format one code that blames a parameter, and neither a handle nor a session.
[[nodiscard]] constexpr bool blames_parameter(TSS2_RC rc) noexcept {
  return from_chip(rc) && (rc & TPM2_RC_FMT1) != 0 && (rc & TPM2_RC_P) != 0;
}

// The chip has nothing under a handle of the command: no such persistent object, no such NV index.
[[nodiscard]] constexpr bool lacks_handle(TSS2_RC rc) noexcept {
  return from_chip(rc) && chip_code(rc) == TPM2_RC_HANDLE && (rc & (TPM2_RC_P | TPM2_RC_S)) == 0;
}

// Every transient slot of the chip is taken, or the memory that they share with sessions.
[[nodiscard]] constexpr bool out_of_objects(TSS2_RC rc) noexcept {
  return from_chip(rc) && (chip_code(rc) == TPM2_RC_OBJECT_MEMORY || chip_code(rc) == TPM2_RC_OBJECT_HANDLES ||
                           chip_code(rc) == TPM2_RC_MEMORY);
}

// Every session of the chip is taken.
[[nodiscard]] constexpr bool out_of_sessions(TSS2_RC rc) noexcept {
  return from_chip(rc) && (chip_code(rc) == TPM2_RC_SESSION_MEMORY || chip_code(rc) == TPM2_RC_SESSION_HANDLES);
}

// Somebody's saved session is 2^16 others old: until it is used, or gone, the chip begins and saves no session.
[[nodiscard]] constexpr bool outdated_session(TSS2_RC rc) noexcept {
  return from_chip(rc) && chip_code(rc) == TPM2_RC_CONTEXT_GAP;
}

// An NV index that nobody has written yet.
[[nodiscard]] constexpr bool unwritten(TSS2_RC rc) noexcept {
  return from_chip(rc) && chip_code(rc) == TPM2_RC_NV_UNINITIALIZED;
}

[[nodiscard]] constexpr bool wrong_auth(TSS2_RC rc) noexcept {
  return from_chip(rc) && (chip_code(rc) == TPM2_RC_AUTH_FAIL || chip_code(rc) == TPM2_RC_BAD_AUTH);
}

// What to throw where `error` says that the chip is full, but nothing of ours is left to unload: Fault::busy with the
// cause and the remedy.
[[nodiscard]] Error full_chip(const Error& error);

// What a caller can do about `rc`, which is not TSS2_RC_SUCCESS. A chip that lost our session or objects (reset,
// flushed or evicted by another program), or is in failure mode, counts as transport: everything must be opened anew.
[[nodiscard]] Fault classify(TSS2_RC rc) noexcept;

}  // namespace edgeseal::tpm
