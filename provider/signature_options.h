#pragma once

#include <openssl/core.h>

#include <optional>

#include "provider/key.h"

namespace edgeseal::provider {

// How a signature is made, as the program chose it through the parameters of signature operations
// (provider-signature(7), EVP_SIGNATURE-RSA(7), EVP_SIGNATURE-ECDSA(7)).
class SignatureOptions {
 public:
  explicit SignatureOptions(Context& context) noexcept : context_(&context) {}

  // What the key demands, or else the default of libcrypto. The hash stays.
  void start(const Key& key) noexcept;

  // False, with an error raised and nothing changed, where a value is unknown, not supported or not the key's.
  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool set_digest(const char* name) noexcept;

  [[nodiscard]] bool get(OSSL_PARAM parameters[], const Key* key) const noexcept;

  // PKCS#1 v1.5 without a hash and raw RSA both sign what they are given.
  [[nodiscard]] wire::SignatureScheme scheme() const noexcept { return scheme_; }
  [[nodiscard]] const Hash* hash() const noexcept { return hash_; }  // null where none was chosen

  // The bytes of salt for `hash` and `key`, zero for other schemes than PSS; nothing, with an error raised, where that
  // cannot be.
  [[nodiscard]] std::optional<std::uint16_t> salt_length(const Hash& hash, const Key& key) const noexcept;

  static const OSSL_PARAM* list(KeyKind kind) noexcept;

 private:
  [[nodiscard]] bool choose(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool choose_padding(const OSSL_PARAM& parameter) noexcept;
  [[nodiscard]] bool choose_salt_length(const OSSL_PARAM& parameter) noexcept;
  [[nodiscard]] bool choose_mgf1_hash(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool choose_digest(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool is_possible() const noexcept;
  [[nodiscard]] bool get_padding(OSSL_PARAM& parameter) const noexcept;
  [[nodiscard]] bool get_salt_length(OSSL_PARAM& parameter) const noexcept;
  [[nodiscard]] bool get_algorithm_identifier(OSSL_PARAM& parameter, const Key* key) const noexcept;

  Context* context_;
  std::optional<KeyKind> kind_;
  std::optional<PssRestrictions> restrictions_;
  wire::SignatureScheme scheme_ = wire::SignatureScheme::rsa_pkcs1;
  const Hash* hash_ = nullptr;
  const Hash* mgf1_hash_ = nullptr;  // null: the same
  int salt_choice_ = 0;              // bytes, or one of RSA_PSS_SALTLEN_*
};

}  // namespace edgeseal::provider
