#pragma once

// What the provider offers, one table per operation. The names are those of the default provider, so that programs find
// the same key types; the property tells the two apart.

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

namespace edgeseal::provider {

using Function = void (*)();

inline constexpr const char* own_property = "provider=edgeseal";
inline constexpr const char* rsa_names = "RSA:rsaEncryption:1.2.840.113549.1.1.1";
inline constexpr const char* rsa_pss_names = "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10";
inline constexpr const char* ec_names = "EC:id-ecPublicKey:1.2.840.10045.2.1";
inline constexpr const char* ed25519_names = "ED25519:1.3.101.112";

extern const OSSL_ALGORITHM key_managements[];
extern const OSSL_ALGORITHM signatures[];
extern const OSSL_DISPATCH ed25519_signature[];
extern const OSSL_ALGORITHM asymmetric_ciphers[];
extern const OSSL_ALGORITHM stores[];
extern const OSSL_ALGORITHM decoders[];
extern const OSSL_ALGORITHM* const encoders;

// Entries of the lists of parameters that libcrypto may ask for or set.
[[nodiscard]] constexpr OSSL_PARAM octets(const char* name) noexcept {
  return {name, OSSL_PARAM_OCTET_STRING, nullptr, 0, 0};
}
[[nodiscard]] constexpr OSSL_PARAM text(const char* name) noexcept {
  return {name, OSSL_PARAM_UTF8_STRING, nullptr, 0, 0};
}
[[nodiscard]] constexpr OSSL_PARAM number(const char* name) noexcept {
  return {name, OSSL_PARAM_INTEGER, nullptr, 0, 0};
}
[[nodiscard]] constexpr OSSL_PARAM big_number(const char* name) noexcept {
  return {name, OSSL_PARAM_UNSIGNED_INTEGER, nullptr, 0, 0};
}
inline constexpr OSSL_PARAM end_of_list{nullptr, 0, nullptr, 0, 0};

}  // namespace edgeseal::provider
