#pragma once

#include <openssl/evp.h>

#include <memory>

#include "tpm/key_device.h"

namespace edgeseal::test {

// A private key of libcrypto with the operations of a TPM key. Throws std::runtime_error where libcrypto fails.
class SoftwareKey {
 public:
  [[nodiscard]] static SoftwareKey generate(tpm::KeyAlgorithm algorithm);
  // Nothing if the parts do not make a key.
  [[nodiscard]] static std::unique_ptr<SoftwareKey> from(const tpm::PrivateKey& key);
  // PKCS#8; nothing if it is not one.
  [[nodiscard]] static std::unique_ptr<SoftwareKey> parse(tpm::ByteView der);
  [[nodiscard]] tpm::Bytes to_der() const;

  [[nodiscard]] bool is_rsa() const noexcept;
  [[nodiscard]] tpm::PublicKey public_key() const;
  [[nodiscard]] tpm::PrivateKey private_key() const;

  [[nodiscard]] tpm::Bytes sign_rsa_pkcs1(tpm::HashAlgorithm hash, tpm::ByteView digest) const;
  [[nodiscard]] tpm::EcdsaSignature sign_ecdsa(tpm::HashAlgorithm hash, tpm::ByteView digest) const;
  [[nodiscard]] tpm::SecretBytes rsa_private(tpm::ByteView block) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  };

  explicit SoftwareKey(EVP_PKEY* key) noexcept : key_(key) {}

  std::unique_ptr<EVP_PKEY, Free> key_;
};

}  // namespace edgeseal::test
