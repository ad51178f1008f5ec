#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "enroll/client_identity.h"
#include "enroll/server_trust.h"

namespace edgeseal::enroll {

enum class Schemes {
  https,
  http_and_https  // for protocols that protect their messages themselves
};

// Whose addresses a name may lead to, whatever the name service says of it.
enum class Addresses {
  any,
  other_hosts  // see other_host.h; for URLs that somebody else chose
};

enum class IdentityUse {
  offered,  // to a server that asks for it
  required  // a server that doesn't ask for it is told nothing: it could not know who we are
};

struct HttpLimits {
  std::chrono::milliseconds connect{10'000};  // with the TLS handshake
  std::chrono::milliseconds total{30'000};
  std::size_t body = 256 * 1024;
};
// Of an answer that says no, what is worth showing to somebody; the rest is not read.
inline constexpr std::size_t max_refusal_body = 4 * 1024;

struct HttpOptions {
  ServerTrust trust;
  std::optional<ClientIdentity> identity;  // none in a provisional connection
  IdentityUse identity_use = IdentityUse::offered;
  std::string proxy;       // URL; empty: none, whatever the environment says
  std::string resolution;  // "HOST:PORT:ADDRESS,..." (CURLOPT_RESOLVE); others are asked of the name service
  Schemes schemes = Schemes::https;
  Addresses addresses = Addresses::any;
  HttpLimits limits;
  Clock clock = device_clock();
};

enum class Method { get, post };

struct HttpRequest {
  Method method = Method::get;
  std::string url;
  std::string accept;        // media type; empty: not said
  std::string content_type;  // of the body
  ByteView body;
  ByteView authorization;  // value of that header; empty: none
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  Bytes body;

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;       // the first
  [[nodiscard]] std::vector<std::string_view> headers_named(std::string_view name) const;  // all
  // The media type alone, in lower case: "application/pkcs7-mime". Empty: none.
  [[nodiscard]] std::string media_type() const;
  [[nodiscard]] bool is_redirection() const { return status >= 300 && status < 400; }
};

// Requests to servers that one set of anchors and one identity stand for, over HTTP/1.1 and TLS 1.2 or later. A server
// has the first byte of a request, and the certificate of this device, only after its chain, its host name and the
// strength of both were found right. Follows no redirect, keeps no cookie, asks for no content encoding, resumes no TLS
// session. One thread at a time.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Any status is an answer. Throws Error{server_untrusted}, Error{credentials} (the server refuses our certificate),
  // Error{transport}, Error{policy} (a URL or an address that the options do not allow), Error{cancelled}.
  [[nodiscard]] HttpResponse exchange(const HttpRequest& request, const std::stop_token& stop = {});

  // What the last TLS server presented, its own certificate first; empty before and without TLS.
  [[nodiscard]] const std::vector<Certificate>& server_chain() const noexcept;

 private:
  class Connection;

  std::unique_ptr<Connection> connection_;
};

}  // namespace edgeseal::enroll
