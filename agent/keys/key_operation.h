#pragma once

#include <cstddef>
#include <cstdint>

#include "provider/wire/message.h"
#include "tpm/bytes.h"
#include "tpm/key_types.h"

// What a program asks of a private key, whatever protects that key.
namespace edgeseal::agent {

struct SignatureRequest {
  wire::SignatureScheme scheme = wire::SignatureScheme::ecdsa;
  tpm::HashAlgorithm hash = tpm::HashAlgorithm::sha256;  // not for Ed25519
  std::size_t salt_length = 0;                           // PSS, bytes
  tpm::Bytes digest;                                     // Ed25519: the message itself
};

struct DecryptionRequest {
  wire::DecryptionScheme scheme = wire::DecryptionScheme::rsa_oaep;
  tpm::HashAlgorithm hash = tpm::HashAlgorithm::sha256;      // OAEP
  tpm::HashAlgorithm mgf_hash = tpm::HashAlgorithm::sha256;  // OAEP
  tpm::Bytes label;                                          // OAEP
  tpm::Bytes ciphertext;                                     // blocks as long as the modulus, in a row
};

}  // namespace edgeseal::agent
