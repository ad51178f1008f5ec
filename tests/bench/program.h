#pragma once

#include <openssl/evp.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/bench/load.h"

namespace edgeseal::bench {

// What a program with OpenSSL does, configured by a file as openssl.cnf is: opens a key once by its URI, signs with it
// in as many threads as it has.
class Program {
 public:
  explicit Program(const std::filesystem::path& openssl_configuration);

  // EVP_DigestSign over SHA-256 with the key's usual scheme; each with a context of its own. Must not outlive this.
  [[nodiscard]] std::vector<Operation> signers(const std::string& uri, std::size_t count) const;

 private:
  struct FreeContext {
    void operator()(OSSL_LIB_CTX* context) const noexcept { OSSL_LIB_CTX_free(context); }
  };
  using KeyPtr = std::shared_ptr<EVP_PKEY>;

  [[nodiscard]] KeyPtr open(const std::string& uri) const;
  [[nodiscard]] Operation signer(const KeyPtr& key) const;

  std::unique_ptr<OSSL_LIB_CTX, FreeContext> context_;
};

}  // namespace edgeseal::bench
