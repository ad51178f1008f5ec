#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace edgeseal::crash {

using Der = std::vector<std::uint8_t>;

template <class Object>
[[nodiscard]] Der der_of(const Object* object, int (*encode)(const Object*, unsigned char**)) {
  Der der(static_cast<std::size_t>(encode(object, nullptr)));
  unsigned char* cursor = der.data();
  encode(object, &cursor);
  return der;
}

// A program was told that it can't have a key or a signature; with what libcrypto says.
struct KeyRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Keys as programs use them: by the provider, over the key socket.
class ProgramKeys {
 public:
  using Key = std::shared_ptr<EVP_PKEY>;

  explicit ProgramKeys(const std::filesystem::path& openssl_configuration);

  // What edgeseal:NAME yields.
  struct Named {
    Key key;
    std::vector<Der> chain;
  };
  // All throw KeyRefused.
  [[nodiscard]] Named open(const std::string& name) const;
  [[nodiscard]] Key open_reference(const std::filesystem::path& pem) const;
  // Whether what the key signs now verifies with the certificate.
  [[nodiscard]] static bool serves(const Key& key, const Der& certificate);

 private:
  std::shared_ptr<OSSL_LIB_CTX> context_;
};

// DER of each certificate or CRL in PEM text.
[[nodiscard]] std::vector<Der> certificates_in(const std::string& pem);
[[nodiscard]] std::vector<Der> crls_in(const std::string& pem);

}  // namespace edgeseal::crash
