#pragma once

#include <cstdint>

// What the agent keeps in NV indices of the chip, so that a wiped or rolled back disk neither opens the setup again nor
// gives back tries. The indices can be written without a secret, for a wiped disk has none, but only forwards: a bit
// that is never cleared (TPM_NT_BITS) and counters (TPM_NT_COUNTER). To take them away needs owner authorisation.
namespace edgeseal::tpm {

struct Anchor {
  bool configured = false;         // mark_configured() was called once
  std::uint64_t failed_tries = 0;  // since the indices were defined
  std::uint64_t generation = 0;    // of the state; see KeyDevice::advance_generation()
};

// KeyDevice::read_anchor(): nothing where the indices are not defined; Fault::failed where another program has indices
// with these handles. Four commands at most, no slot.
// KeyDevice::define_anchor(): defines what is missing (an interrupted earlier try is completed) and reads.
// Fault::failed where the owner hierarchy has an authValue, or NV has no room. mark_configured(), count_failed_try(),
// advance_generation(): durable when they return; the counters tell their new value. Calls that change nothing do not
// write: NV wears out. remove_anchor(): Fault::failed with a wrong owner authorisation; counts towards lockout on chips
// that say so.

}  // namespace edgeseal::tpm
