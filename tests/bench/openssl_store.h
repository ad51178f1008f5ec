#pragma once

#include <memory>
#include <string>

#include "agent/openssl.h"

namespace edgeseal::bench {

// What a program does that has no agent: OpenSSL's own store, filled from bundles, with revocation checked.
class OpensslStore {
 public:
  // PEM. Throws std::runtime_error.
  OpensslStore(const std::string& certificates, const std::string& crls);

  // DER, parsed each time.
  [[nodiscard]] bool accepts(tpm::ByteView certificate) const;

 private:
  std::unique_ptr<X509_STORE, agent::OpensslFree<X509_STORE, X509_STORE_free>> store_;
};

}  // namespace edgeseal::bench
