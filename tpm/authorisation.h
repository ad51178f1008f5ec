#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tpm/approvals.h"
#include "tpm/object_policy.h"
#include "tpm/session.h"

namespace edgeseal::tpm {

// Who uses an object shows its authValue, in the HMAC session of the device. Where the object has a policy, it is a
// policy session that has just satisfied it: one such session is started when the first object asks for it, and serves
// all of them in turn.
class Authorisation {
 public:
  // `salt_key` as for `session`. Both outlive this.
  Authorisation(Session& session, ESYS_TR salt_key) : session_(session), salt_key_(salt_key) {}

  // A command on an object whose authValue ESAPI has. One command of the chip without a policy; with one, two or three
  // before it. Throws Error with Fault::pcr_mismatch if the PCRs are not as they must be, bad_blob if they are so by
  // the word of an approval whose signature is wrong.
  void run(const char* operation, const std::optional<ObjectPolicy>& policy, Session::Encrypt parameters,
           const Session::Command& command);

  [[nodiscard]] Context& context() noexcept { return session_.context(); }

  void set_approvals(std::vector<PcrApproval> approvals) { approvals_.set(std::move(approvals)); }
  // What run() would have no slot for: to be called before an object with this policy is loaded. Takes one for itself.
  void prepare(const std::optional<ObjectPolicy>& policy);

 private:
  void run_with_policy(const char* operation, const ObjectPolicy& policy, Session::Encrypt parameters,
                       const Session::Command& command);
  void start_policy_session();
  void restart_policy_session();
  void satisfy(const char* operation, const PcrState& state);
  void satisfy(const char* operation, const Authority& authority);
  [[nodiscard]] bool pcrs_are(const char* operation, const PcrState& state);
  void authorise(const char* operation, const Approval& approval);
  void ask_for_auth_value(const char* operation);

  Session& session_;
  ESYS_TR salt_key_;
  Approvals approvals_;
  std::optional<Session> policy_session_;
  bool touched_ = false;  // the policy session has policy commands that no use has consumed
};

}  // namespace edgeseal::tpm
