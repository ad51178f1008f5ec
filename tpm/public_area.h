#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "tpm/key_device.h"

// Between the structures of libtss2, their marshalled form, and the types of this leaf.
namespace edgeseal::tpm {

[[nodiscard]] Bytes marshal(const TPM2B_PUBLIC& area);
[[nodiscard]] Bytes marshal(const TPM2B_PRIVATE& area);

// The whole of `bytes`, nothing less. Throw Error with Fault::bad_blob.
[[nodiscard]] TPM2B_PUBLIC unmarshal_public(ByteView bytes);
[[nodiscard]] TPM2B_PRIVATE unmarshal_private(ByteView bytes);

// Whether the key is one that `area_template` makes, whatever key that is.
[[nodiscard]] bool made_from(const TPM2B_PUBLIC& area_template, const TPM2B_PUBLIC& key);

// Throws Error with Fault::unsupported for what is neither RSA nor a NIST curve.
[[nodiscard]] PublicKey public_key(const TPMT_PUBLIC& area);

// Makes the area that of this key; type, size and curve stand there already. Throws Error with Fault::bad_blob if the
// key is longer.
void set_public_key(TPMT_PUBLIC& area, const PublicKey& key);

// Nothing if no KeyAlgorithm has a modulus of this size.
[[nodiscard]] std::optional<KeyAlgorithm> algorithm_of(const PublicKey& key);

// The Name (TPM 2.0 Part 1 §16), for a nameAlg of SHA-256.
[[nodiscard]] Bytes name_of(const TPM2B_PUBLIC& area);

}  // namespace edgeseal::tpm
