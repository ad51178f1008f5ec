#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "agent/journal.h"

namespace edgeseal::agent {

// What an auditor wants to know beside the decisions on calls (dbus::AuditPort): one entry in the journal with the
// fields as EDGESEAL_<NAME>, and the signal Audit1.Recorded. Kinds (OPC 10000-12 §7.10.26 and after, OPC 10000-4
// §6.1.3):
//   certificate-update-requested, certificate-updated, certificate-update-failed, trust-list-update-requested,
//   trust-list-updated, trust-list-update-failed, validation-failed, validation-error-suppressed, changes-rolled-back,
//   trust-staged, staged-trust-refused, staged-trust-activated, staged-trust-verified, staged-trust-rolled-back,
//   staged-trust-discarded, staged-key-refused, staged-key-imported,
//   server-reset, setup-state, presence, one-time-password, device-reset, integrity-lost, directory-drift,
//   directory-adopted, directory-released, alarm, certificate-expiring, certificate-enrolled, enrolment-failed,
//   enrolment-held-up, authority-approved
// Secrets never: no private key, PIN, nonce, passphrase. Loop's thread.
class Audit {
 public:
  using Fields = std::map<std::string, std::string>;  // names in lower case: "group", "certificate-type", "caller"
  using Listener = std::function<void(const std::string& kind, const Fields& fields)>;

  explicit Audit(Listener listener) : listener_(std::move(listener)) {}

  // `message`: one sentence for people.
  void record(Level level, const std::string& kind, const std::string& message, const Fields& fields) const;

 private:
  const Listener listener_;
};

}  // namespace edgeseal::agent
