#include "enroll/cmp/transfer.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include "enroll/cmp/answer_limits.h"
#include "enroll/der_reader.h"
#include "enroll/error.h"
#include "enroll/printable.h"
#include "enroll/url.h"

namespace edgeseal::enroll::cmp {
namespace {

constexpr const char* media_type = "application/pkixcmp";
constexpr int ok = 200;
constexpr int unauthorized = 401;
constexpr int forbidden = 403;

Bytes encode(const OSSL_CMP_MSG& message) {
  unsigned char* der = nullptr;
  const int size = i2d_OSSL_CMP_MSG(&message, &der);
  require_openssl(size > 0, "i2d_OSSL_CMP_MSG");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

// A CMP message goes with any status; what else comes with an error is for a person (RFC 9811 §3.4). Without TLS it may
// be of anybody on the way, who has no say in whether our credentials are good.
Error refusal(const HttpResponse& response, const std::string& url) {
  const bool is_verified = parse_url(url).scheme == "https";
  if (is_verified && (response.status == unauthorized || response.status == forbidden))
    return {ErrorClass::credentials,
            fmt::format("the CMP server answers {}: it lets nobody in without more credentials", response.status)};
  if (response.is_redirection())
    return {ErrorClass::redirect,
            fmt::format("the CMP server answers {}: it points elsewhere; correct the URL", response.status)};
  const std::string said = printable(text_of(response.body));
  return {ErrorClass::transport,
          fmt::format("the CMP server answers {} with {} in place of a CMP message{}", response.status,
                      response.media_type().empty() ? "nothing" : printable(response.media_type()),
                      said.empty() ? said : ": " + said)};
}

}  // namespace

HttpResponse Transfer::post(ByteView request) {
  HttpRequest post;
  post.method = Method::post;
  post.url = url_;
  post.accept = media_type;
  post.content_type = media_type;
  post.body = request;
  HttpResponse response = exchange_(post, stop_);
  if (response.media_type() != media_type || (response.status != ok && response.status < 400))
    throw refusal(response, url_);
  return response;
}

void Transfer::repeat(const Continuation& continuation) {
  repeated_ = {continuation.first};
  if (!continuation.last.empty()) repeated_.push_back(continuation.last);
}

Bytes Transfer::answer(const OSSL_CMP_MSG& request) {
  is_repetition_ = !repeated_.empty();
  if (!is_repetition_) return post(encode(request)).body;
  Bytes answer = std::move(repeated_.front());
  repeated_.pop_front();
  return answer;
}

void Transfer::remember(Bytes answer) {
  (continuation_.first.empty() ? continuation_.first : continuation_.last) = std::move(answer);
}

OSSL_CMP_MSG* Transfer::accept(ByteView answer) {
  const MessageOutline outline = outline_of(answer);
  require_within_limits(outline);
  has_mac_ = outline.mac.has_value();
  const unsigned char* at = octets(answer);
  OSSL_CMP_MSG* message = d2i_OSSL_CMP_MSG(nullptr, &at, static_cast<long>(answer.size()));
  if (message == nullptr) throw MalformedDer();
  return message;
}

OSSL_CMP_MSG* Transfer::exchange(const OSSL_CMP_MSG& request) noexcept {
  problem_ = nullptr;
  is_interrupted_ = false;
  OSSL_CMP_MSG* answer = nullptr;
  try {
    Bytes received = this->answer(request);
    answer = accept(received);
    remember(std::move(received));
  } catch (const MalformedDer&) {
    problem_ = std::make_exception_ptr(Error(ErrorClass::transport, "the CMP server's answer is no CMP message"));
    is_interrupted_ = true;
  } catch (const Error& error) {
    is_interrupted_ = error.error_class() == ErrorClass::transport;
    problem_ = std::current_exception();
  } catch (...) {
    problem_ = std::current_exception();
  }
  ERR_clear_error();
  return answer;
}

void Transfer::rethrow() const {
  if (problem_) std::rethrow_exception(problem_);
}

}  // namespace edgeseal::enroll::cmp
