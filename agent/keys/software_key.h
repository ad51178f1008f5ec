#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "agent/keys/key_operation.h"
#include "agent/keys/prepared_contexts.h"
#include "agent/openssl.h"
#include "agent/slot.h"
#include "tpm/key_types.h"

namespace edgeseal::agent {

// For people.
inline constexpr std::string_view kept_keys = "RSA of 2048, 3072 or 4096 bits, EC of P-256, P-384 or P-521, Ed25519";

// A private key that libcrypto works with. Made and used in the threads of SoftwareWorker only, so that nothing of it
// leaves the secret memory. Immutable; several threads may use it at once.
class SoftwareKey {
 public:
  // RSA 2048 to 4096, P-256, P-384, P-521, Ed25519.
  [[nodiscard]] static SoftwareKey generate(tpm::KeyAlgorithm algorithm, RsaUse rsa_use = RsaUse::any);
  // DER PrivateKeyInfo (RFC 5958) as with_pkcs8() gives it. Throws Error{internal_error}.
  [[nodiscard]] static SoftwareKey from_pkcs8(tpm::ByteView der);
  // Throws Error{not_supported} for a key that is none of these, naming them. An RSASSA-PSS key says so in its public
  // part and its encoding; what it may be used for, its user looks at (see pss_key.h).
  explicit SoftwareKey(PublicKeyPtr key);

  [[nodiscard]] tpm::KeyAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] tpm::Bytes public_key() const;  // DER SubjectPublicKeyInfo

  // As X.509 and TLS carry it. Throws Error{not_supported} for a scheme that is not the key's, and for a PSS salt that
  // does not fit it.
  [[nodiscard]] tpm::Bytes sign(const SignatureRequest& request) const;
  // The raw RSA private operation on a block as long as the modulus; throws Error{invalid_argument} for one that is not
  // less than it.
  [[nodiscard]] tpm::SecretBytes rsa_private(tpm::ByteView block) const;

  // Calls `use` with the encoding, which lies in the secret memory and is overwritten afterwards.
  void with_pkcs8(const std::function<void(tpm::ByteView)>& use) const;
  // The parts that TPM2_Import takes; nothing for Ed25519. Throws Error{not_supported} for RSA primes of unequal
  // length.
  [[nodiscard]] std::optional<tpm::PrivateKey> parts() const;

 private:
  [[nodiscard]] tpm::Bytes sign_digest(const PreparedContexts::Operation& operation, tpm::ByteView digest) const;
  [[nodiscard]] tpm::Bytes sign_ed25519(tpm::ByteView message) const;
  [[nodiscard]] tpm::Bytes sign_padded(tpm::ByteView block) const;
  [[nodiscard]] tpm::SecretBytes number(const char* name, std::size_t size) const;

  tpm::KeyAlgorithm algorithm_;
  PublicKeyPtr key_;  // of an RSASSA-PSS key too an RSA key, for the raw operation
  std::unique_ptr<PreparedContexts> contexts_;
  tpm::Bytes pss_public_key_;  // of an RSASSA-PSS key, else empty
};

}  // namespace edgeseal::agent
