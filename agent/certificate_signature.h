#pragma once

#include "agent/key_operation.h"
#include "agent/openssl.h"

// How the agent's keys sign requests and certificates (RFC 5758, RFC 8410): RSA PKCS#1 v1.5 with SHA-256, ECDSA with
// the hash as long as the curve, Ed25519.
namespace edgeseal::agent {

using AlgorithmPtr = std::unique_ptr<X509_ALGOR, OpensslFree<X509_ALGOR, X509_ALGOR_free>>;

[[nodiscard]] tpm::HashAlgorithm certificate_hash(tpm::KeyAlgorithm algorithm);
[[nodiscard]] SignatureRequest certificate_signature(tpm::KeyAlgorithm algorithm, tpm::ByteView to_be_signed);

[[nodiscard]] AlgorithmPtr signature_algorithm(tpm::KeyAlgorithm algorithm);
void set_signature(ASN1_BIT_STRING& bits, tpm::ByteView signature);

}  // namespace edgeseal::agent
