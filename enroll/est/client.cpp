#include "enroll/est/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "enroll/base64.h"
#include "enroll/der_reader.h"
#include "enroll/est/certs_only.h"
#include "enroll/est/challenge.h"
#include "enroll/est/csr_attributes.h"
#include "enroll/printable.h"
#include "enroll/retry_after.h"

namespace edgeseal::enroll::est {
namespace {

constexpr std::string_view well_known = "/.well-known/est";
constexpr const char* certificates_type = "application/pkcs7-mime";
constexpr const char* attributes_type = "application/csrattrs";
constexpr const char* request_type = "application/pkcs10";
constexpr std::array operations{"cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs"};

enum Status {
  accepted = 202,
  no_content = 204,
  moved_permanently = 301,
  found = 302,
  temporary_redirect = 307,
  permanent_redirect = 308,
  see_other = 303,
  unauthorized = 401,
  not_found = 404,
  too_many_requests = 429,
  service_unavailable = 503
};

bool is_redirect(int status) {
  return status == moved_permanently || status == found || status == see_other || status == temporary_redirect ||
         status == permanent_redirect;
}

bool is_operation(std::string_view word) {
  return std::find(operations.begin(), operations.end(), word) != operations.end();
}

// https://host[:port] or https://host[:port]/.well-known/est[/LABEL]
Url base_of(const std::string& text) {
  Url url = parse_url(text);
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();
  if (url.path.empty()) url.path = well_known;
  std::string_view label = url.path;
  const bool begins_well = label.starts_with(well_known);
  label.remove_prefix(std::min(label.size(), well_known.size()));
  const bool one_label = label.empty() || (label.front() == '/' && label.find('/', 1) == std::string_view::npos);
  if (!begins_well || !one_label || !url.query.empty() || is_operation(label.substr(label.empty() ? 0 : 1)))
    throw Error(
        ErrorClass::policy,
        fmt::format("{} is no EST URL: https://HOST or https://HOST/.well-known/est/LABEL is", printable(text)));
  return url;
}

// What a refusal says, where it is meant for people.
std::string explanation(const HttpResponse& response) {
  const std::string type = response.media_type();
  if (type == "text/plain" || type.empty()) return printable(text_of(response.body));
  return fmt::format("an answer of type {}", printable(type));
}

}  // namespace

EstClient::EstClient(HttpOptions options, const std::string& url, const Password* password)
    : verification_(options.trust.verification),
      system_anchors_(options.trust.system_anchors),
      clock_(options.clock),
      password_(password),
      base_(base_of(url)),
      last_url_(base_),
      http_(std::move(options)) {}

std::vector<Certificate> EstClient::ca_certificates(const std::stop_token& stop) {
  return certificates_of(run({Method::get, "cacerts", certificates_type, {}}, stop));
}

void EstClient::require_readable_attributes(const std::stop_token& stop) {
  const HttpResponse response = run({Method::get, "csrattrs", attributes_type, {}}, stop);
  if (response.status == no_content || response.status == not_found || response.body.empty()) return;
  if (response.media_type() != attributes_type)
    throw Error(ErrorClass::transport, fmt::format("csrattrs came as {}", printable(response.media_type())));
  const std::optional<Bytes> der = decode_base64(response.body);
  if (!der) throw Error(ErrorClass::transport, "csrattrs are no Base64");
  try {
    require_csr_attributes(*der);
  } catch (const MalformedDer&) {
    throw Error(ErrorClass::transport, "csrattrs are malformed");
  }
}

std::vector<Certificate> EstClient::simple_enroll(ByteView pkcs10, const std::stop_token& stop) {
  return enroll("simpleenroll", pkcs10, stop);
}

std::vector<Certificate> EstClient::simple_reenroll(ByteView pkcs10, const std::stop_token& stop) {
  return enroll("simplereenroll", pkcs10, stop);
}

std::vector<Certificate> EstClient::enroll(const char* operation, ByteView pkcs10, const std::stop_token& stop) {
  if (verification_ == Verification::provisional)
    throw Error(ErrorClass::policy, "nothing is enrolled at a server that nobody has verified");
  const auto body = encode_base64(pkcs10);
  const ByteView bytes = bytes_of(body);
  return certificates_of(run({Method::post, operation, certificates_type, {bytes.begin(), bytes.end()}}, stop));
}

// A 2xx, or what the caller of a GET takes for "nothing".
HttpResponse EstClient::run(const Exchange& exchange, const std::stop_token& stop) {
  HttpResponse response = follow(exchange, {}, stop);
  if (response.status == unauthorized) {
    const SecretBytes authorization = answer(response);
    response = follow(exchange, authorization, stop);
    if (response.status == unauthorized) {
      password_ = nullptr;
      throw Error(ErrorClass::credentials,
                  fmt::format("{} refuses user name and secret; they were kept, and are tried again only when told to",
                              last_url_.host));
    }
    password_spent_ = exchange.method == Method::post && response.status == 200;
  }
  if (response.status == accepted)
    throw Error(ErrorClass::waiting, fmt::format("{} has yet to decide", last_url_.host),
                retry_after_of(response, default_retry));
  const bool nothing = response.status == no_content || response.status == not_found;
  if (response.status == 200 || (nothing && exchange.operation == "csrattrs")) return response;
  throw refusal(response);
}

HttpResponse EstClient::send(const Exchange& exchange, const Url& url, ByteView authorization,
                             const std::stop_token& stop) {
  last_url_ = url;
  return http_.exchange({exchange.method, url.text(), exchange.accept,
                         exchange.method == Method::post ? request_type : "", exchange.body, authorization},
                        stop);
}

HttpResponse EstClient::follow(const Exchange& exchange, ByteView authorization, const std::stop_token& stop) {
  Url url = base_;
  url.path += "/" + exchange.operation;
  for (int hops = 0;; ++hops) {
    HttpResponse response = send(exchange, url, same_origin(url, base_) ? authorization : ByteView(), stop);
    if (!is_redirect(response.status)) return response;
    if (hops == max_redirects)
      throw Error(ErrorClass::redirect, fmt::format("{} redirects more than {} times", base_.host, max_redirects));
    url = redirected(exchange, url, response);
  }
}

// RFC 7030 §3.2.1, for a device at which nobody sits. Where the anchors are those of the system, the name that was
// configured has to be that of every server (§3.6.2).
Url EstClient::redirected(const Exchange& exchange, const Url& from, const HttpResponse& response) const {
  const auto location = response.header("location");
  if (!location) throw Error(ErrorClass::transport, fmt::format("{} redirects to nowhere", from.host));
  Url to = resolve(from, std::string(*location));
  const bool elsewhere = !same_origin(from, to);
  const char* problem = nullptr;
  if (to.scheme != "https") problem = "without TLS";
  if (elsewhere && exchange.method == Method::post) problem = "with a request for a certificate";
  if (elsewhere && verification_ == Verification::provisional) problem = "before anybody has verified either";
  if (elsewhere && system_anchors_ == SystemAnchors::yes) problem = "with the trust anchors of the system";
  if (exchange.method == Method::post && response.status == see_other) problem = "as if the request were done";
  if (problem == nullptr) return to;
  throw Error(ErrorClass::redirect,
              fmt::format("{} redirects to {}, where this device does not go {}: configure that URL if it is right",
                          from.host, printable(to.text()), problem));
}

SecretBytes EstClient::answer(const HttpResponse& challenge) const {
  if (verification_ == Verification::provisional)
    throw Error(ErrorClass::auth_refused,
                fmt::format("{} asks for a password before anybody has verified it; it gets none", last_url_.host));
  const auto realm = basic_realm(challenge.headers_named("www-authenticate"));
  if (!realm)
    throw Error(ErrorClass::credentials, fmt::format("{} wants credentials other than Basic", last_url_.host));
  if (password_ == nullptr)
    throw Error(ErrorClass::credentials,
                fmt::format("{} wants user name and secret for realm {}; none are configured, or "
                            "they were refused",
                            last_url_.host, printable(*realm)));
  if (!password_->realm.empty() && password_->realm != *realm)
    throw Error(ErrorClass::credentials, fmt::format("{} asks for the secret of realm {}, which is that of realm {}",
                                                     last_url_.host, printable(*realm), printable(password_->realm)));
  return basic_authorization(*password_);
}

std::vector<Certificate> EstClient::certificates_of(const HttpResponse& response) const {
  const std::string type = response.media_type();
  if (type.starts_with("multipart/"))
    throw Error(ErrorClass::policy,
                fmt::format("{} sent a key that nobody asked for; keys are made on this device", last_url_.host));
  if (type != certificates_type)
    throw Error(ErrorClass::transport, fmt::format("{} answers with {} where {} is expected", last_url_.host,
                                                   type.empty() ? "no type" : printable(type), certificates_type));
  return parse_certs_only(response.body);
}

std::chrono::seconds EstClient::retry_after_of(const HttpResponse& response, std::chrono::seconds otherwise) const {
  const auto header = response.header("retry-after");
  return header ? retry_after(*header, clock_().time) : otherwise;
}

Error EstClient::refusal(const HttpResponse& response) const {
  const std::string said = explanation(response);
  const std::string message =
      fmt::format("{} answers {}{}{}", last_url_.host, response.status, said.empty() ? "" : ": ", said);
  const bool for_now = response.status >= 500 || response.status == too_many_requests;
  if (for_now) return {ErrorClass::transport, message, retry_after_of(response, std::chrono::seconds(0))};
  return {response.status >= 400 ? ErrorClass::rejected : ErrorClass::transport, message};
}

}  // namespace edgeseal::enroll::est
