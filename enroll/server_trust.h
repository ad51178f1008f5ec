#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "enroll/error.h"
#include "enroll/openssl.h"

namespace edgeseal::enroll {

// The time by which certificates are judged, and whether somebody who knows it has set it. While nobody has, a
// certificate that is not valid yet is no reason to give up.
struct TimeOfDay {
  std::chrono::system_clock::time_point time;
  bool synchronised = true;
};
using Clock = std::function<TimeOfDay()>;
// CLOCK_REALTIME, and until a time server has set it, never before the floor (the release of this program where it is
// earlier).
[[nodiscard]] Clock device_clock(std::chrono::system_clock::time_point floor = {});

enum class Verification {
  full,
  provisional  // RFC 7030 §4.1.1: any server, and nothing is told to it that is worth anything
};
// What the certificate of a server has to say of it.
enum class ServerRole {
  any,
  registration_authority  // id-kp-cmcRA among its extended key usages (RFC 7030 §3.6.1, RFC 6402 §2.10)
};
enum class SystemAnchors { no, yes };  // the implicit trust anchors of RFC 7030 §3.1

// Whom a connection trusts.
struct ServerTrust {
  std::vector<Certificate> anchors;
  std::vector<RevocationList> revocation_lists;  // what they say counts, also when a newer one is due
  SystemAnchors system_anchors = SystemAnchors::no;
  Verification verification = Verification::full;
  ServerRole role = ServerRole::any;
};

// Throws Error{policy} where there is nobody to trust.
[[nodiscard]] CertificateStore make_store(const ServerTrust& trust);

// A name or an IP address, without brackets; only the subjectAltName counts.
void expect_host(X509_VERIFY_PARAM& param, const std::string& host);

// Judges the chain that one TLS server sent, and remembers it.
class ServerVerifier {
 public:
  ServerVerifier(Verification verification, ServerRole role, Clock clock)
      : verification_(verification), role_(role), clock_(std::move(clock)) {}

  // The next server.
  void expect(const std::string& host);
  // For SSL_CTX_set_cert_verify_callback. Verifies chain, purpose, time, strength and host name; 0 refuses.
  [[nodiscard]] int verify(X509_STORE_CTX& context) noexcept;

  [[nodiscard]] const std::optional<Error>& refusal() const noexcept { return refusal_; }
  [[nodiscard]] const std::vector<Certificate>& chain() const noexcept { return chain_; }  // the server's own first
  [[nodiscard]] const std::string& host() const noexcept { return host_; }

 private:
  void prepare(X509_STORE_CTX& context) const;
  void remember(X509_STORE_CTX& context);
  [[nodiscard]] bool has_role() const;
  [[nodiscard]] Error describe(X509_STORE_CTX& context) const;

  const Verification verification_;
  const ServerRole role_;
  const Clock clock_;
  std::string host_;
  std::optional<Error> refusal_;
  std::vector<Certificate> chain_;
};

}  // namespace edgeseal::enroll
