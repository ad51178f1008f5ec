#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace edgeseal::crash {

using Der = std::vector<std::uint8_t>;

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
  // All throw std::runtime_error with what libcrypto says.
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
