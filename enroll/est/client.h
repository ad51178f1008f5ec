#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "enroll/error.h"
#include "enroll/http.h"
#include "enroll/password.h"
#include "enroll/url.h"

namespace edgeseal::enroll::est {

inline constexpr int max_redirects = 3;

// The operations of RFC 7030 that are of use to a device that makes its keys itself. One thread at a time.
//
// Every operation throws what HttpClient throws and: Error{redirect}; Error{auth_refused}: a challenge that may not, or
// can't, be answered; Error{credentials}: the password was refused, after which this client offers it no more;
// Error{waiting} with the time after which the same request is to be sent again; Error{rejected}; Error{transport}: the
// answer is not what the RFC says, or the server can't go on (with its Retry-After); Error{policy}: what nobody asked
// for.
class EstClient {
 public:
  // The URL of the server alone, or with /.well-known/est and a label. The password, which must outlive this, answers a
  // challenge; never in a provisional connection. Throws Error{policy}.
  EstClient(HttpOptions options, const std::string& url, const Password* password = nullptr);

  [[nodiscard]] std::vector<Certificate> ca_certificates(const std::stop_token& stop = {});
  // What the server wishes of a request counts for nothing here. Throws Error{transport} where it is malformed.
  void require_readable_attributes(const std::stop_token& stop = {});
  [[nodiscard]] std::vector<Certificate> simple_enroll(ByteView pkcs10, const std::stop_token& stop = {});
  [[nodiscard]] std::vector<Certificate> simple_reenroll(ByteView pkcs10, const std::stop_token& stop = {});

  [[nodiscard]] const std::vector<Certificate>& server_chain() const noexcept { return http_.server_chain(); }
  [[nodiscard]] const std::string& server_host() const noexcept { return last_url_.host; }
  // The server issued something for the password, be it of use or not.
  [[nodiscard]] bool password_spent() const noexcept { return password_spent_; }

 private:
  struct Exchange {
    Method method;
    std::string operation, accept;
    Bytes body;
  };

  [[nodiscard]] HttpResponse run(const Exchange& exchange, const std::stop_token& stop);
  [[nodiscard]] HttpResponse send(const Exchange& exchange, const Url& url, ByteView authorization,
                                  const std::stop_token& stop);
  [[nodiscard]] HttpResponse follow(const Exchange& exchange, ByteView authorization, const std::stop_token& stop);
  [[nodiscard]] Url redirected(const Exchange& exchange, const Url& from, const HttpResponse& response) const;
  [[nodiscard]] SecretBytes answer(const HttpResponse& challenge) const;
  [[nodiscard]] std::vector<Certificate> certificates_of(const HttpResponse& response) const;
  [[nodiscard]] std::vector<Certificate> enroll(const char* operation, ByteView pkcs10, const std::stop_token& stop);
  [[nodiscard]] Error refusal(const HttpResponse& response) const;
  [[nodiscard]] std::chrono::seconds retry_after_of(const HttpResponse& response, std::chrono::seconds otherwise) const;

  const Verification verification_;
  const SystemAnchors system_anchors_;
  const Clock clock_;
  const Password* password_;
  const Url base_;
  Url last_url_;
  HttpClient http_;
  bool password_spent_ = false;
};

}  // namespace edgeseal::enroll::est
