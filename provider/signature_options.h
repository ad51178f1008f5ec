#pragma once

#include <openssl/core.h>

#include <optional>

#include "provider/hash.h"
#include "provider/key.h"

namespace edgeseal::provider {

// How a signature is made, as the program chose it through the parameters of signature operations
// (provider-signature(7), EVP_SIGNATURE-RSA(7), EVP_SIGNATURE-ECDSA(7)).
class SignatureOptions {
 public:
  SignatureOptions(Context& context, KeyKind kind) noexcept
      : context_(&context),
        scheme_(kind == KeyKind::ec ? wire::SignatureScheme::ecdsa : wire::SignatureScheme::rsa_pkcs1) {}

  // False, with an error raised, where a value is unknown or not supported.
  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool set_digest(const char* name, const char* properties) noexcept;

  [[nodiscard]] bool get(OSSL_PARAM parameters[], const Key* key) const noexcept;

  [[nodiscard]] wire::SignatureScheme scheme() const noexcept { return scheme_; }
  [[nodiscard]] std::optional<wire::Hash> hash() const noexcept { return hash_; }

  // The bytes of salt for `hash` and `key`, zero for other schemes than PSS; nothing, with an error raised, where that
  // cannot be.
  [[nodiscard]] std::optional<std::uint16_t> salt_length(wire::Hash hash, const Key& key) const noexcept;

  static const OSSL_PARAM* list(KeyKind kind) noexcept;

 private:
  [[nodiscard]] bool set_padding(const OSSL_PARAM& parameter) noexcept;
  [[nodiscard]] bool set_salt_length(const OSSL_PARAM& parameter) noexcept;
  [[nodiscard]] bool set_mgf1_hash(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool get_padding(OSSL_PARAM& parameter) const noexcept;
  [[nodiscard]] bool get_salt_length(OSSL_PARAM& parameter) const noexcept;
  [[nodiscard]] bool get_algorithm_identifier(OSSL_PARAM& parameter, const Key* key) const noexcept;

  Context* context_;
  wire::SignatureScheme scheme_;
  std::optional<wire::Hash> hash_;
  std::optional<wire::Hash> mgf1_hash_;
  int salt_choice_ = RSA_PSS_SALTLEN_AUTO;  // bytes, or one of RSA_PSS_SALTLEN_*
};

}  // namespace edgeseal::provider
