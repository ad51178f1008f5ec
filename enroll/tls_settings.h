#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>

#include "enroll/client_identity.h"
#include "enroll/server_trust.h"

namespace edgeseal::enroll {

// What every TLS connection of this program has in common, put into the SSL_CTX that libcurl made.
class TlsSettings {
 public:
  // Both must outlive what they are applied to. Throws Error{policy} where nobody would be trusted.
  TlsSettings(const ServerTrust& trust, const std::optional<ClientIdentity>& identity, Clock clock);

  // Throws Error{policy} when the identity can't be used.
  void apply(SSL_CTX& context);

  void expect(const std::string& host);  // of the next server
  // Why the handshake failed, if it did for a reason of one of the two sides.
  [[nodiscard]] std::optional<Error> failure() const;
  // The server wants a certificate, in the last handshake.
  [[nodiscard]] bool is_identity_requested() const noexcept { return is_identity_requested_; }
  [[nodiscard]] const ServerVerifier& verifier() const noexcept { return verifier_; }

 private:
  static int on_verify(X509_STORE_CTX* context, void* self);
  static int on_request(SSL* ssl, void* self);
  static void on_event(const SSL* ssl, int where, int value);
  void apply_identity(SSL_CTX& context) const;

  const CertificateStore store_;
  const std::optional<ClientIdentity>& identity_;
  ServerVerifier verifier_;
  bool is_server_judged_ = false;  // in this handshake
  bool is_identity_requested_ = false;
  std::optional<int> alert_;  // that the server sent after that
};

}  // namespace edgeseal::enroll
