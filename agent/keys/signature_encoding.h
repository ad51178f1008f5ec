#pragma once

#include "agent/openssl.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

[[nodiscard]] const EVP_MD* message_digest(tpm::HashAlgorithm hash);
[[nodiscard]] std::size_t digest_size(tpm::HashAlgorithm hash);
[[nodiscard]] tpm::Bytes digest_of(tpm::HashAlgorithm hash, tpm::ByteView message);
// MGF1 (RFC 8017 §B.2.1), xored onto `block`.
void apply_mask(tpm::HashAlgorithm hash, tpm::ByteView seed, std::span<std::byte> block);

// EMSA-PSS (RFC 8017 §9.1.1) of a digest for a modulus of `modulus_bits`, MGF1 with the same hash, a fresh random salt.
// The result is the block for the raw RSA operation, as long as the modulus. In software, because chips differ in the
// length of the salt. Throws Error{not_supported} when the salt does not fit.
[[nodiscard]] tpm::Bytes encode_pss(tpm::HashAlgorithm hash, tpm::ByteView digest, std::size_t salt_length,
                                    std::size_t modulus_bits);

// DER Ecdsa-Sig-Value (RFC 3279 §2.2.3).
[[nodiscard]] tpm::Bytes encode_ecdsa(const tpm::EcdsaSignature& signature);

// r and s of a DER Ecdsa-Sig-Value of P-256, 32 bytes each. Throws Error{invalid_argument}.
[[nodiscard]] tpm::Bytes ecdsa_halves(tpm::ByteView signature);

}  // namespace edgeseal::agent
