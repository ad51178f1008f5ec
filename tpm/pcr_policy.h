#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tpm/bytes.h"
#include "tpm/key_types.h"

// What a key or a sealed secret asks of the state of the machine, besides its authValue (TPM 2.0 Part 1 §19.7).
namespace edgeseal::tpm {

// PCRs of the SHA-256 bank: bit n stands for PCR n, 0 to 23.
using PcrMask = std::uint32_t;
inline constexpr PcrMask kAllPcrs = 0x00ffffff;

struct PcrPolicy {
  PcrMask pcrs = 0;  // at least one
  // SHA-256 over the values that unlock, in ascending order of PCR (TPM2_PolicyPCR); empty: the values of now. Not used
  // where there is an authority.
  Bytes pcr_digest;
  // Usable in every state that this key has approved (TPM2_PolicyAuthorize), now or later: RSA 2048 or EC P-256.
  std::optional<PublicKey> authority;
};

// An authority's word that keys under its policy may be used while the PCRs have these values.
struct PcrApproval {
  PublicKey authority;
  PcrMask pcrs = 0;
  Bytes pcr_digest;  // SHA-256, as in PcrPolicy
  Bytes signature;   // over approved_policy(): RSA PKCS#1 v1.5 with SHA-256, or r and s of ECDSA, 32 bytes each
};

// SHA-256 over PCR values, as PcrPolicy has it.
[[nodiscard]] Bytes pcr_digest(std::span<const Bytes> values);

// The policy digest that an authority signs (hashed once more, with SHA-256, by the signature): that of TPM2_PolicyPCR.
[[nodiscard]] Bytes approved_policy(PcrMask pcrs, ByteView pcr_digest);

}  // namespace edgeseal::tpm
