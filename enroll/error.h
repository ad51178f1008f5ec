#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace edgeseal::enroll {

// What hinders an enrolment, by what is to be done about it. Nothing of it is for ever: the agent decides when the job
// is tried again.
enum class ErrorClass {
  server_untrusted,         // the server is not who was asked for; nothing was told to it
  auth_refused,             // the server wants credentials where none may be given
  credentials,              // the server refuses the certificate, or the user name and secret, of this device
  redirect,                 // the server points to where an unattended device doesn't go
  key_mismatch,             // what was issued is for another key
  rollover,                 // new trust anchors that nothing links to the old ones
  expired_needs_bootstrap,  // the current certificate is no longer good for renewal
  transport,                // no whole, well-formed answer
  replay,                   // the answer belongs to another request
  protection,               // the message protection of the answer is wrong or missing
  weak_protection,          // it is there and too weak
  rejected,                 // the server understood and refused
  waiting,                  // the server or a person has yet to decide; the same request is to be sent again
  unsuitable_certificate,   // what was issued can't be used
  policy,                   // this device refuses to go on, or to begin
  clock,                    // a certificate isn't valid yet by a clock that nobody has set
  cancelled
};

// As it appears on D-Bus: "server-untrusted".
[[nodiscard]] std::string_view name_of(ErrorClass error_class);

// The only exception that leaves enroll/. The message names cause and remedy and holds no secret; what it quotes of a
// server is printable and short.
class Error : public std::runtime_error {
 public:
  Error(ErrorClass error_class, const std::string& message) : std::runtime_error(message), class_(error_class) {}
  Error(ErrorClass error_class, const std::string& message, std::chrono::seconds retry_after)
      : std::runtime_error(message), class_(error_class), retry_after_(retry_after) {}

  [[nodiscard]] ErrorClass error_class() const noexcept { return class_; }
  // When another try is likely to go better; 0: not known, the schedule of the agent decides.
  [[nodiscard]] std::chrono::seconds retry_after() const noexcept { return retry_after_; }

 private:
  ErrorClass class_;
  std::chrono::seconds retry_after_{0};
};

}  // namespace edgeseal::enroll
