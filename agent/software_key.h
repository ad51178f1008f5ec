#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/key_operation.h"
#include "agent/openssl.h"
#include "tpm/key_types.h"

namespace edgeseal::agent {

// A private key that libcrypto works with. Made, used and destroyed in the threads of SoftwareWorker only, so that it
// never leaves the secret memory. Immutable; several threads may use it at once.
class SoftwareKey {
 public:
  // RSA 2048 to 4096, P-256, P-384, P-521, Ed25519.
  [[nodiscard]] static SoftwareKey generate(tpm::KeyAlgorithm algorithm);
  // DER PrivateKeyInfo (RFC 5958) as to_pkcs8() gives it. Throws Error{internal_error}.
  [[nodiscard]] static SoftwareKey from_pkcs8(tpm::ByteView der);

  SoftwareKey(SoftwareKey&&) noexcept = default;
  SoftwareKey& operator=(SoftwareKey&&) noexcept = default;

  [[nodiscard]] tpm::KeyAlgorithm algorithm() const;
  [[nodiscard]] tpm::Bytes public_key() const;  // DER SubjectPublicKeyInfo

  // As X.509 and TLS carry it. The request fits the key (require_fit()).
  [[nodiscard]] tpm::Bytes sign(const SignatureRequest& request) const;
  // The raw RSA private operation on a block as long as the modulus; throws Error{invalid_argument} for one that is not
  // less than it.
  [[nodiscard]] tpm::SecretBytes rsa_private(tpm::ByteView block) const;

  // Calls `use` with the encoding, which lies in the secret memory and is overwritten afterwards.
  void with_pkcs8(const std::function<void(tpm::ByteView)>& use) const;
  // The parts that TPM2_Import takes; nothing for Ed25519.
  [[nodiscard]] std::optional<tpm::PrivateKey> parts() const;

 private:
  explicit SoftwareKey(EVP_PKEY* key) : key_(key) {}

  std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY, EVP_PKEY_free>> key_;
};

}  // namespace edgeseal::agent
