#pragma once

#include "agent/keys/key_operation.h"
#include "agent/openssl.h"

// How the agent's keys (DER SubjectPublicKeyInfo) stand in and sign requests and certificates (RFC 4055, RFC 5758, RFC
// 8410): RSA PKCS#1 v1.5 with SHA-256, RSASSA-PSS as its restriction says, else with SHA-256 and a salt as long, ECDSA
// with the hash as long as the curve, Ed25519.
namespace edgeseal::agent {

[[nodiscard]] tpm::HashAlgorithm certificate_hash(tpm::ByteView public_key);
[[nodiscard]] SignatureRequest certificate_signature(tpm::ByteView public_key, tpm::ByteView to_be_signed);

// Whether a certificate, in DER, is for the key. Throws Error{certificate_invalid}.
[[nodiscard]] bool has_key(tpm::ByteView certificate, tpm::ByteView public_key);

[[nodiscard]] AlgorithmPtr signature_algorithm(tpm::ByteView public_key);
void set_signature(ASN1_BIT_STRING& bits, tpm::ByteView signature);

}  // namespace edgeseal::agent
