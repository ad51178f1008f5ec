#pragma once

#include "tests/fakes/software_key.h"
#include "tpm/evidence.h"

namespace edgeseal::test {

// The evidence that a TPM would give if it had both keys: the structures are a TPM's, the signature is good, so that
// any verifier's code takes it. `attestation_key` is EC P-256.
[[nodiscard]] tpm::Evidence fake_evidence(const SoftwareKey& key, const SoftwareKey& attestation_key,
                                          tpm::ByteView nonce);

}  // namespace edgeseal::test
