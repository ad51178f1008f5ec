#pragma once

#include <mutex>
#include <vector>

#include "agent/openssl.h"
#include "tpm/key_types.h"

namespace edgeseal::agent {

// Contexts of libcrypto for operations with one key: prepared once, used many times, each by one thread at a time. To
// prepare one costs a tenth of a P-256 signature and more. Any thread.
class PreparedContexts {
 public:
  enum class Kind { ecdsa, rsa_pkcs1, rsa_raw };
  struct Operation {
    Kind kind;
    tpm::HashAlgorithm hash;  // of rsa_pkcs1

    bool operator==(const Operation&) const = default;
  };

  // Does not keep `key`: it must outlive this.
  explicit PreparedContexts(EVP_PKEY& key) : key_(key) {}

  // `use` gets a context for EVP_PKEY_sign(); for rsa_raw, for EVP_PKEY_decrypt(). Throws Error{internal_error}.
  template <class Use>
  auto with(const Operation& operation, const Use& use) {
    KeyContextPtr context = take(operation);
    auto result = use(context.get());
    put_back({operation, std::move(context)});
    return result;
  }

 private:
  static constexpr std::size_t kept = 6;
  struct Prepared {
    Operation operation;
    KeyContextPtr context;
  };

  [[nodiscard]] KeyContextPtr take(const Operation& operation);
  void put_back(Prepared prepared);

  EVP_PKEY& key_;
  std::mutex mutex_;  // guards idle_
  std::vector<Prepared> idle_;
};

}  // namespace edgeseal::agent
