#pragma once

#include <optional>

#include "tpm/key_types.h"

// What follows the raw RSA private operation of a decryption, in constant time (RFC 8017 §7). `block` is as long as the
// modulus.
namespace edgeseal::agent {

// EME-OAEP with SHA-1 or SHA-256, MGF1 with `mgf_hash`. Nothing where the padding is wrong: one answer for every way of
// being wrong (RFC 8017 §7.1.2, Manger's attack).
[[nodiscard]] std::optional<tpm::SecretBytes> decode_oaep(tpm::HashAlgorithm hash, tpm::HashAlgorithm mgf_hash,
                                                          tpm::ByteView label, tpm::ByteView block);

// EME-PKCS1-v1_5 with implicit rejection: a wrong padding gives a message that depends on the ciphertext and on
// `rejection_secret` alone, so that nobody can tell it from a right one (Bleichenbacher's attack). `rejection_secret`
// is the key's own and secret; the same for every call.
[[nodiscard]] tpm::SecretBytes decode_pkcs1(tpm::ByteView rejection_secret, tpm::ByteView ciphertext,
                                            tpm::ByteView block);

}  // namespace edgeseal::agent
