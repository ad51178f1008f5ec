#pragma once

#include "tpm/bytes.h"
#include "tpm/session.h"

namespace edgeseal::tpm {

// The contract is KeyDevice's.
void stir_random(Session& session, ByteView entropy);

}  // namespace edgeseal::tpm
