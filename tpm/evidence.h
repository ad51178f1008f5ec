#pragma once

#include <cstdint>
#include <string>

#include "tpm/bytes.h"

// What shows others that a key lives in a genuine TPM. Structures of the TPM travel as it marshals them, so that any
// verifier's TSS reads them.
namespace edgeseal::tpm {

// Made by KeyDevice::create_attestation_key(); stored like any key.
struct AttestationKey {
  Bytes tss_private_key;
  SecretBytes auth;
};

// TPM2_Certify (TPM 2.0 Part 3 §18.2).
struct Evidence {
  Bytes public_area;              // TPMT_PUBLIC of the certified key
  Bytes certify_info;             // TPMS_ATTEST, with the nonce in extraData
  Bytes signature;                // TPMT_SIGNATURE over it
  Bytes attestation_public_area;  // TPMT_PUBLIC of the key that signed
};

// The TCG's templates for endorsement keys (EK Credential Profile 2.5).
enum class EndorsementKey { rsa_2048, ecc_p256 };

// A key that the manufacturer gave the chip, or a certificate of one (TCG EK Credential Profile §2.2.1, TPM 2.0 Keys
// for Device Identity and Attestation §7).
struct ManufacturerKey {
  enum class Kind { endorsement, idevid, iak };
  Kind kind = Kind::endorsement;
  std::string algorithm;       // "rsa-2048", "ec-p256", "ec-p384" ...
  std::uint32_t handle = 0;    // persistent; 0 where only the certificate is there
  Bytes public_area;           // TPMT_PUBLIC; empty where only the certificate is there
  std::uint32_t nv_index = 0;  // of the certificate; 0 where there is none
  Bytes certificate;           // DER, not verified; empty where there is none
};

}  // namespace edgeseal::tpm
