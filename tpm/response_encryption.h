#pragma once

#include "tpm/session.h"

namespace edgeseal::tpm {

// Whether libtss2 gets right what the chip encrypts in this session, by an answer that is known beforehand: the digest
// of a constant. One command. Nobody on the bus can make it look wrong: the HMAC is checked before.
//
// Versions do not tell: distributions mend them under the same number. The regression that is known of a release,
// tpm2-tss 4.2.0 (tpm2-software/tpm2-tss issue 3145), is in policy sessions with neither salt nor authValue; ours have
// both.
[[nodiscard]] bool decrypts_responses(Session& session);

}  // namespace edgeseal::tpm
