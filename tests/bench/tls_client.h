#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>

#include "tests/bench/load.h"

namespace edgeseal::bench {

// Connects to a TLS 1.3 server on a Unix socket, again and again, and each time does a full handshake. It accepts
// exactly one certificate, which it compares, so that what it computes is the least that a client can: the load must
// not be the limit.
class TlsClient {
 public:
  TlsClient(std::filesystem::path socket, const std::filesystem::path& certificate);

  // Throws std::runtime_error with the reason of libcrypto, also when the server does not answer within 20 s.
  void handshake() const;

 private:
  template <auto function>
  struct Free {
    template <class Object>
    void operator()(Object* object) const noexcept {
      function(object);
    }
  };

  std::filesystem::path socket_;
  std::unique_ptr<X509, Free<X509_free>> certificate_;
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
};

// `count` of them, for a thread each.
[[nodiscard]] std::vector<Operation> handshakes(const std::filesystem::path& socket,
                                                const std::filesystem::path& certificate, std::size_t count);

}  // namespace edgeseal::bench
