#include "tpm/authorisation.h"

#include <string>

#include "tpm/key_template.h"
#include "tpm/memory.h"
#include "tpm/pcrs.h"
#include "tpm/public_area.h"

namespace edgeseal::tpm {
namespace {

// Between the policy commands and the use of the object, something was measured.
bool pcrs_changed(const Error& error) noexcept {
  return from_chip(error.rc()) && chip_code(error.rc()) == TPM2_RC_PCR_CHANGED;
}

[[noreturn]] void throw_mismatch(const char* operation, PcrMask pcrs, const std::string& remedy) {
  throw Error(operation, Fault::pcr_mismatch,
              "the PCRs " + to_string(pcrs) + " are not in a state that the policy allows: " + remedy);
}

[[noreturn]] void throw_not_approved(const char* operation, const std::vector<const Approval*>& approvals) {
  if (approvals.empty()) {
    throw Error(operation, Fault::pcr_mismatch,
                "the policy allows the states of the PCRs that its authority has approved, and there is no approval by "
                "it: have the present state approved and give the approval to the agent");
  }
  PcrMask pcrs = 0;
  for (const Approval* approval : approvals) pcrs |= approval->state.pcrs;
  throw_mismatch(operation, pcrs,
                 "have the authority approve the present state, or boot a system that it has approved");
}

constexpr const char* kStateRemedy =
    "boot the system that they were recorded on and seal the secret again, or make a new key, for the new state";

TPM2B_NAME name_for_chip(const Authority& authority) {
  const Bytes name = name_of(authority_template(authority.key));
  TPM2B_NAME out{};
  std::ranges::copy(std::as_bytes(std::span(name)), std::as_writable_bytes(std::span(out.name)).begin());
  out.size = static_cast<UINT16>(name.size());
  return out;
}

TPM2B_DIGEST for_chip(ByteView digest) {
  TPM2B_DIGEST out{};
  (void)assign(out, digest);  // of SHA-256, by its makers
  return out;
}

}  // namespace

void Authorisation::run(const char* operation, const std::optional<ObjectPolicy>& policy, Session::Encrypt parameters,
                        const Session::Command& command) {
  if (!policy) return session_.run(operation, parameters, command);
  try {
    return run_with_policy(operation, *policy, parameters, command);
  } catch (const Error& error) {
    if (!pcrs_changed(error)) throw;
  }
  try {
    run_with_policy(operation, *policy, parameters, command);
  } catch (const Error& error) {
    if (!pcrs_changed(error)) throw;
    throw Error(operation, error.rc(), Fault::busy, "something is being measured into the PCRs just now");
  }
}

void Authorisation::prepare(const std::optional<ObjectPolicy>& policy) {
  if (!policy) return;
  if (const auto* authority = std::get_if<Authority>(&*policy)) approvals_.verify(context(), *authority);
}

void Authorisation::run_with_policy(const char* operation, const ObjectPolicy& policy, Session::Encrypt parameters,
                                    const Session::Command& command) {
  start_policy_session();
  std::visit([&](const auto& known) { satisfy(operation, known); }, policy);
  ask_for_auth_value(operation);
  policy_session_->run(operation, parameters, command);
  touched_ = false;  // a use resets the session (TPM 2.0 Part 1 §19.3)
}

void Authorisation::start_policy_session() {
  if (!policy_session_) policy_session_.emplace(context(), salt_key_, Session::Kind::policy);
  if (touched_) restart_policy_session();
  touched_ = true;
}

void Authorisation::restart_policy_session() {
  context().run("restart the policy session", [&](ESYS_CONTEXT* esys) {
    return Esys_PolicyRestart(esys, policy_session_->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

void Authorisation::satisfy(const char* operation, const PcrState& state) {
  if (!pcrs_are(operation, state)) throw_mismatch(operation, state.pcrs, kStateRemedy);
}

void Authorisation::satisfy(const char* operation, const Authority& authority) {
  const auto approvals = approvals_.of(authority);
  bool refused = false;
  for (const Approval* approval : approvals) {
    if (!pcrs_are(operation, approval->state)) continue;
    if (approval->ticket) return authorise(operation, *approval);
    refused = true;
    restart_policy_session();
  }
  if (refused) throw Error(operation, Fault::bad_blob, "the approval of the present PCRs has a wrong signature");
  throw_not_approved(operation, approvals);
}

// TPM2_PolicyPCR (TPM 2.0 Part 3 §23.7): the chip compares, and changes nothing if they are not.
bool Authorisation::pcrs_are(const char* operation, const PcrState& state) {
  const TPML_PCR_SELECTION pcrs = pcr_selection(state.pcrs);
  const TPM2B_DIGEST digest = for_chip(state.digest);
  try {
    context().run(operation, [&](ESYS_CONTEXT* esys) {
      return Esys_PolicyPCR(esys, policy_session_->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &pcrs);
    });
    return true;
  } catch (const Error& error) {
    if (!from_chip(error.rc()) || chip_code(error.rc()) != TPM2_RC_VALUE) throw;
    return false;
  }
}

// TPM2_PolicyAuthorize (TPM 2.0 Part 3 §23.16).
void Authorisation::authorise(const char* operation, const Approval& approval) {
  const TPM2B_DIGEST approved = for_chip(digest_of(approval.state));
  const TPM2B_NAME authority = name_for_chip(approval.authority);
  const TPM2B_NONCE no_policy_ref{};
  context().run(operation, [&](ESYS_CONTEXT* esys) {
    return Esys_PolicyAuthorize(esys, policy_session_->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &approved,
                                &no_policy_ref, &authority, approval.ticket.get());
  });
  approvals_.prefer(approval);
}

void Authorisation::ask_for_auth_value(const char* operation) {
  context().run(operation, [&](ESYS_CONTEXT* esys) {
    return Esys_PolicyAuthValue(esys, policy_session_->get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

}  // namespace edgeseal::tpm
