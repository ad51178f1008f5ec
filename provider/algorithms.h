#pragma once

// What the provider offers, for each operation. The names are those of the default provider, so that programs find the
// same key types; the property tells the two apart.

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace edgeseal::provider {

using Function = void (*)();

inline constexpr const char* own_property = "provider=edgeseal";
inline constexpr const char* rsa_names = "RSA:rsaEncryption:1.2.840.113549.1.1.1";
inline constexpr const char* rsa_pss_names = "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10";
inline constexpr const char* ec_names = "EC:id-ecPublicKey:1.2.840.10045.2.1";
inline constexpr const char* ed25519_names = "ED25519:1.3.101.112";

// The tables of one operation: as the properties are written down, and with fips=yes besides.
struct Offer {
  const OSSL_ALGORITHM* usual;
  const OSSL_ALGORITHM* validated;
};

extern const Offer key_managements;
extern const Offer signatures;
extern const OSSL_DISPATCH ed25519_signature[];
extern const Offer asymmetric_ciphers;
extern const Offer stores;
extern const Offer decoders;
extern const Offer encoders;

// Both tables of an offer, from the algorithms of one. A constant, because libcrypto keeps the address.
template <std::size_t count>
class Tables {
 public:
  explicit constexpr Tables(const std::array<OSSL_ALGORITHM, count>& algorithms) noexcept {
    constexpr std::string_view validation = ",fips=yes";
    for (std::size_t i = 0; i < count; ++i) {
      usual_[i] = validated_[i] = algorithms[i];
      const std::string_view own = algorithms[i].property_definition;
      std::copy(validation.begin(), validation.end(), std::copy(own.begin(), own.end(), properties_[i].begin()));
      validated_[i].property_definition = properties_[i].data();
    }
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  [[nodiscard]] constexpr Offer offer() const noexcept { return {usual_.data(), validated_.data()}; }

 private:
  std::array<std::array<char, 80>, count> properties_{};
  std::array<OSSL_ALGORITHM, count + 1> usual_{};  // the last one is the end
  std::array<OSSL_ALGORITHM, count + 1> validated_{};
};

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
