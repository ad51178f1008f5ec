#pragma once

// The calls that OPC UA stacks make of libcrypto for asymmetric security, by the names that they use, most of which
// take no library context; and the other end of the channel, which has the certificate and libcrypto's default
// provider.

#include <openssl/evp.h>

#include <optional>
#include <string_view>

#include "tests/programs/opc_ua/keys.h"

namespace edgeseal::tests::opc_ua {

// Asymmetric security of a policy (OPC 10000-7).
struct Policy {
  std::string_view name;
  const EVP_MD* signature_hash;
  int signature_padding;
  int encryption_padding;
  const EVP_MD* encryption_hash;  // of OAEP; null for PKCS#1 v1.5
};

extern const Policy basic128_rsa15, basic256, basic256_sha256, aes128_sha256_rsa_oaep, aes256_sha256_rsa_pss;

// --- the stack; a null key or nothing on failure, with libcrypto's errors

[[nodiscard]] PkeyPtr load_pem(const std::string& pem);
[[nodiscard]] PkeyPtr load_der(const Bytes& der);            // of whatever type
[[nodiscard]] PkeyPtr load_der(const Bytes& der, int type);  // EVP_PKEY_RSA, EVP_PKEY_EC
[[nodiscard]] PkeyPtr load_either(const Bytes& file);        // DER, or else PEM
[[nodiscard]] Bytes der_in(const std::string& pem);

[[nodiscard]] std::optional<Bytes> sign(const Policy& policy, EVP_PKEY* key, std::string_view message);
[[nodiscard]] std::optional<Bytes> sign(const EVP_MD* hash, EVP_PKEY* key, std::string_view message);  // ECC policies
// Block by block.
[[nodiscard]] std::optional<Bytes> decrypt(const Policy& policy, EVP_PKEY* key, const Bytes& ciphertext);

// --- the other end

[[nodiscard]] bool verifies(const Policy& policy, X509* certificate, std::string_view message, const Bytes& signature);
// `salt`: bytes, or RSA_PSS_SALTLEN_*.
[[nodiscard]] bool verifies_pss(const EVP_MD* hash, int salt, X509* certificate, std::string_view message,
                                const Bytes& signature);
[[nodiscard]] bool verifies(const EVP_MD* hash, X509* certificate, std::string_view message, const Bytes& signature);
[[nodiscard]] Bytes encrypt(const Policy& policy, X509* certificate, const Bytes& message);

// --- r || s, as OPC UA carries an ECDSA signature, and DER, as libcrypto does

[[nodiscard]] Bytes raw_of(const Bytes& der, std::size_t field_size);
[[nodiscard]] Bytes der_of_raw(const Bytes& raw);

// Everything in the error queue, which is empty afterwards; without addresses, so that texts compare.
[[nodiscard]] std::string take_error_texts();

}  // namespace edgeseal::tests::opc_ua
