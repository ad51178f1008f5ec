#include "tests/fakes/fake_pcrs.h"

#include "tests/tpm/signature_check.h"
#include "tpm/public_area.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;

bool verifies(const tpm::PcrApproval& approval) {
  const tpm::Bytes digest = sha256(tpm::approved_policy(approval.pcrs, approval.pcr_digest));
  const tpm::ByteView signature = approval.signature;
  if (std::holds_alternative<tpm::RsaPublicKey>(approval.authority)) {
    return verify_rsa_pkcs1(approval.authority, digest, signature);
  }
  const auto half = [&](tpm::ByteView part) { return tpm::Bytes(part.begin(), part.end()); };
  return signature.size() == 64 &&
         verify_ecdsa(approval.authority, digest, {half(signature.first(32)), half(signature.last(32))});
}

}  // namespace

std::vector<tpm::Bytes> FakePcrs::values(tpm::PcrMask pcrs) const {
  std::vector<tpm::Bytes> chosen;
  for (std::size_t pcr = 0; pcr < values_.size(); ++pcr) {
    if ((pcrs >> pcr & 1) != 0) chosen.push_back(values_[pcr]);
  }
  return chosen;
}

tpm::ObjectPolicy FakePcrs::resolve(const tpm::PcrPolicy& policy) const {
  if (policy.authority) {
    (void)tpm::digest_of(tpm::Authority{*policy.authority});  // refuses a key that no chip can use
    return tpm::Authority{*policy.authority};
  }
  return tpm::PcrState{policy.pcrs,
                       policy.pcr_digest.empty() ? tpm::pcr_digest(values(policy.pcrs)) : policy.pcr_digest};
}

void FakePcrs::require_allowed_by(const tpm::ObjectPolicy& policy,
                                  const std::vector<tpm::PcrApproval>& approvals) const {
  const auto* state = std::get_if<tpm::PcrState>(&policy);
  if (state != nullptr ? have(state->pcrs, state->digest) : are_approved(std::get<tpm::Authority>(policy), approvals))
    return;
  throw Error("use a policy", Fault::pcr_mismatch, "the PCRs are not in a state that the policy allows");
}

bool FakePcrs::have(tpm::PcrMask pcrs, const tpm::Bytes& digest) const {
  return tpm::pcr_digest(values(pcrs)) == digest;
}

bool FakePcrs::are_approved(const tpm::Authority& authority, const std::vector<tpm::PcrApproval>& approvals) const {
  bool forged = false;
  for (const tpm::PcrApproval& approval : approvals) {
    if (approval.authority != authority.key || !have(approval.pcrs, approval.pcr_digest)) continue;
    if (verifies(approval)) return true;
    forged = true;
  }
  if (forged) throw Error("use a policy", Fault::bad_blob, "the approval has a wrong signature");
  return false;
}

}  // namespace edgeseal::test
