#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <stop_token>
#include <string>

#include "enroll/cmp/continuation.h"
#include "enroll/cmp/handles.h"
#include "enroll/cmp/message_outline.h"
#include "enroll/http.h"

namespace edgeseal::enroll::cmp {

// Carries the messages of one transaction to the server and its answers back (RFC 9811), and lets none of them reach
// libcrypto that is over a limit. libcrypto calls it from C: what goes wrong is kept and thrown again by rethrow().
class Transfer {
 public:
  // HttpClient::exchange, or what stands for it.
  using Exchange = std::function<HttpResponse(const HttpRequest& request, const std::stop_token& stop)>;

  Transfer(Exchange exchange, std::string url, std::stop_token stop)
      : exchange_(std::move(exchange)), url_(std::move(url)), stop_(std::move(stop)) {}

  // The next exchanges take place no more: these were the answers.
  void repeat(const Continuation& continuation);
  // Whether the last answer is one of those.
  [[nodiscard]] bool is_repetition() const noexcept { return is_repetition_; }
  [[nodiscard]] const Continuation& continuation() const noexcept { return continuation_; }

  // For OSSL_CMP_CTX_set_transfer_cb, without an exception to the outside; null: see rethrow().
  [[nodiscard]] OSSL_CMP_MSG* exchange(const OSSL_CMP_MSG& request) noexcept;
  // What hindered the last exchange, if anything did.
  void rethrow() const;

  // Whether it was that no answer came, or a garbled one: another try may go better.
  [[nodiscard]] bool is_interrupted() const noexcept { return is_interrupted_; }
  // From here on nobody stops it: what is left is to take leave.
  void finish() { stop_ = {}; }

  // Whether the last answer says of itself that a shared secret protects it.
  [[nodiscard]] bool has_mac() const noexcept { return has_mac_; }

 private:
  [[nodiscard]] Bytes answer(const OSSL_CMP_MSG& request);
  [[nodiscard]] HttpResponse post(ByteView request);
  [[nodiscard]] OSSL_CMP_MSG* accept(ByteView answer);
  void remember(Bytes answer);

  const Exchange exchange_;
  const std::string url_;
  std::stop_token stop_;
  std::deque<Bytes> repeated_;
  Continuation continuation_;
  bool is_repetition_ = false;
  bool has_mac_ = false;
  bool is_interrupted_ = false;
  std::exception_ptr problem_;
};

}  // namespace edgeseal::enroll::cmp
