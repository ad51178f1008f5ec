#pragma once

#include <openssl/core.h>

#include "provider/key.h"

namespace edgeseal::provider {

// What a program looks for in a store (OSSL_STORE_find, provider-storemgmt(7)); anything, where nothing is set.
class Search {
 public:
  explicit Search(const Context& context) noexcept : context_(context) {}

  // False, with an error raised, where a criterion is none that can be looked for.
  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;

  // By subject, issuer and serial number, or fingerprint: that of the certificate or of its SubjectPublicKeyInfo.
  [[nodiscard]] bool matches_certificate(ByteView der) const noexcept;
  // By the fingerprint of the SubjectPublicKeyInfo: a key has no name.
  [[nodiscard]] bool matches_key(const Key& key) const noexcept;

 private:
  [[nodiscard]] bool set_fingerprint(const OSSL_PARAM* digest, const OSSL_PARAM* fingerprint) noexcept;
  [[nodiscard]] bool is_fingerprint_of(ByteView der) const noexcept;
  [[nodiscard]] bool is_fingerprint_of(const X509_PUBKEY* key) const noexcept;

  const Context& context_;
  Name subject_, issuer_;
  BigNumber serial_;
  Digest digest_;
  std::array<std::byte, EVP_MAX_MD_SIZE> fingerprint_{};
};

}  // namespace edgeseal::provider
