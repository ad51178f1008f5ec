#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "enroll/cmp/enrolment.h"
#include "enroll/cmp/polling.h"
#include "enroll/cmp/root_update.h"
#include "enroll/cmp/settings.h"
#include "enroll/cmp/signer_trust.h"
#include "enroll/cmp/transfer.h"

namespace edgeseal::enroll::cmp {

// CMP with one server (RFC 9810 over RFC 9811, after the profile of RFC 9483). Every call is a transaction of its own
// and shares nothing with the ones before. Nothing is stored; every Error leaves things as they were.
class Client {
 public:
  // `http` and `timer` must outlive it; `http` verifies the server of an https URL. Throws Error{weak_protection} for
  // a secret below 80 bits without TLS, Error{policy} for settings that nobody could answer to.
  Client(Settings settings, HttpClient& http, Timer& timer = device_timer());
  // The same with what stands for it.
  Client(Settings settings, Transfer::Exchange exchange, Timer& timer);

  [[nodiscard]] Outcome enrol(const Enrolment& enrolment, const Acceptance& acceptance,
                              const std::stop_token& stop = {});
  // Certificates of authorities, for chains; that they came from the server makes none of them an anchor.
  [[nodiscard]] std::vector<Certificate> ca_certificates(const std::stop_token& stop = {});
  // The root that follows this one, after the links between them were found right. Nothing: there is none yet.
  [[nodiscard]] std::optional<RootUpdate> next_root(const Certificate& current_root, const std::stop_token& stop = {});

 private:
  [[nodiscard]] std::unique_ptr<SignerTrust> make_trust() const;
  [[nodiscard]] Transfer transfer(RequestKind kind, const std::stop_token& stop) const;

  const Settings settings_;
  const Transfer::Exchange exchange_;
  Timer& timer_;
};

}  // namespace edgeseal::enroll::cmp
