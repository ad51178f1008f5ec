#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "tpm/key_device.h"

// The public areas from which the TPM makes keys (TPM 2.0 Part 2 §12.2.4).
namespace edgeseal::tpm {

// The standard ECC P-256 storage key (TCG TPM v2.0 Provisioning Guidance §7.5.1), with an empty `unique`: the primary
// that TSSPRIVKEY files with parent 0x40000001 mean.
[[nodiscard]] TPM2B_PUBLIC storage_key_template();

// Sign and, for RSA, decrypt; scheme NULL, so that one key serves every scheme.
[[nodiscard]] TPM2B_PUBLIC application_key_template(KeyAlgorithm algorithm);

// The same for a key that was made elsewhere, and says so. Its algorithm is one that a TPM can have.
[[nodiscard]] TPM2B_PUBLIC outside_key_template(KeyAlgorithm algorithm, const PublicKey& key);

// Data that the TPM gives out to who knows the authValue.
[[nodiscard]] TPM2B_PUBLIC sealed_data_template();

// A key outside the chip whose signatures the chip checks: RSA 2048 or EC P-256. Throws Error with Fault::unsupported.
[[nodiscard]] TPM2B_PUBLIC authority_template(const PublicKey& key);

// "ec-p256", "rsa-2048", ...
[[nodiscard]] const char* to_string(KeyAlgorithm algorithm) noexcept;

}  // namespace edgeseal::tpm
