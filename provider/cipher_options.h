#pragma once

#include <openssl/core.h>

#include <array>
#include <optional>

#include "provider/context.h"
#include "provider/hash.h"
#include "provider/premaster_secret.h"

namespace edgeseal::provider {

enum class CipherPadding {
  pkcs1,      // PKCS#1 v1.5
  oaep,       // RFC 8017 section 7.1
  pkcs1_tls,  // PKCS#1 v1.5 of a TLS premaster secret; decryption only
};

// How a block is padded, as the program chose it through the parameters of asymmetric ciphers
// (provider-asym_cipher(7)).
class CipherOptions {
 public:
  explicit CipherOptions(Context& context) noexcept : context_(&context) {}

  // False, with an error raised, where a value is unknown or not supported.
  // Nothing is changed then.
  [[nodiscard]] bool set(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool get(OSSL_PARAM parameters[]) const noexcept;

  [[nodiscard]] CipherPadding padding() const noexcept { return padding_; }
  [[nodiscard]] const TlsVersions& tls_versions() const noexcept { return tls_versions_; }

  // Of OAEP. MGF1 follows the hash of the label where the program chose none for it.
  [[nodiscard]] wire::Hash hash() const noexcept { return hash_; }
  [[nodiscard]] wire::Hash mgf_hash() const noexcept { return mgf_hash_.value_or(hash_); }
  [[nodiscard]] ByteView label() const noexcept { return ByteView(label_).first(label_size_); }

  [[nodiscard]] static const OSSL_PARAM* settable() noexcept;
  [[nodiscard]] static const OSSL_PARAM* gettable() noexcept;

 private:
  [[nodiscard]] bool choose(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool set_padding(const OSSL_PARAM& parameter) noexcept;
  [[nodiscard]] bool set_hashes(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool set_label(const OSSL_PARAM& parameter) noexcept;
  [[nodiscard]] bool set_tls_versions(const OSSL_PARAM parameters[]) noexcept;
  [[nodiscard]] bool get_padding(OSSL_PARAM& parameter) const noexcept;
  [[nodiscard]] bool get_label(OSSL_PARAM& parameter) const noexcept;

  Context* context_;
  CipherPadding padding_ = CipherPadding::pkcs1;
  wire::Hash hash_ = wire::Hash::sha1;  // the default of RFC 8017 and of libcrypto
  std::optional<wire::Hash> mgf_hash_;
  std::array<std::byte, wire::max_label_size> label_{};
  std::size_t label_size_ = 0;
  TlsVersions tls_versions_;
};

}  // namespace edgeseal::provider
