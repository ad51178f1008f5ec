#pragma once

#include <cstdint>

// What the agent keeps in NV indices of the chip, so that a wiped or rolled back disk neither opens the setup again nor
// gives back tries. They can be written without a secret, for a wiped disk has none, but only forwards. To take them
// away needs the authorisation of the owner hierarchy or of the platform firmware, or TPM2_Clear, which also replaces
// the storage key. Where the owner hierarchy has an empty authValue, every program that can talk to the chip can take
// them away: set one, with the storage key at 0x81000001.
//
// A program that can talk to the chip can set the flag and count tries, which locks the setup and does not open it. One
// between the agent and the chip can hide the indices, for an error carries no HMAC; it cannot make the agent believe
// that it defined them or wrote to them.
namespace edgeseal::tpm {

struct Anchor {
  bool configured = false;         // mark_configured() was called once
  std::uint64_t failed_tries = 0;  // since the indices were defined
  std::uint64_t generation = 0;    // of the state; see KeyDevice::advance_generation()
};

}  // namespace edgeseal::tpm
