#include "tpm/approvals.h"

#include <algorithm>
#include <utility>

#include "tpm/handle.h"
#include "tpm/key_device.h"
#include "tpm/key_template.h"
#include "tpm/libcrypto.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kOperation = "verify the approval of a PCR state";

void require_form(const PcrApproval& approval) {
  constexpr const char* operation = "set approvals of PCR states";
  constexpr std::size_t digest_size = 32;
  (void)authority_template(approval.authority);
  if (approval.pcrs == 0 || (approval.pcrs & ~kAllPcrs) != 0 || approval.pcr_digest.size() != digest_size) {
    throw Error(operation, Fault::failed, "one is not about PCRs and a SHA-256 digest of them");
  }
}

// False if it is not as long as signatures of this kind are.
bool set_signature(TPMT_SIGNATURE& out, const RsaPublicKey& key, ByteView signature) {
  out.sigAlg = TPM2_ALG_RSASSA;
  out.signature.rsassa.hash = TPM2_ALG_SHA256;
  return signature.size() == key.modulus.size() && assign(out.signature.rsassa.sig, signature);
}

bool set_signature(TPMT_SIGNATURE& out, const EcPublicKey& key, ByteView signature) {
  const std::size_t half = key.x.size();
  out.sigAlg = TPM2_ALG_ECDSA;
  out.signature.ecdsa.hash = TPM2_ALG_SHA256;
  return signature.size() == 2 * half && assign(out.signature.ecdsa.signatureR, signature.first(half)) &&
         assign(out.signature.ecdsa.signatureS, signature.last(half));
}

// A public key alone; in the owner hierarchy, because the null hierarchy gives no tickets.
Handle load_authority(Context& context, const Authority& authority) {
  const TPM2B_PUBLIC area = authority_template(authority.key);
  ESYS_TR key = ESYS_TR_NONE;
  context.run(kOperation, [&](ESYS_CONTEXT* esys) {
    return Esys_LoadExternal(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr, &area, ESYS_TR_RH_OWNER, &key);
  });
  return Handle(context, key, Handle::Release::flush);
}

// TPM2_VerifySignature (TPM 2.0 Part 3 §20.1); nothing if it does not verify.
EsysPtr<TPMT_TK_VERIFIED> verify_one(Context& context, const Handle& key, const Approval& approval) {
  EsysPtr<TPMT_TK_VERIFIED> ticket;
  TPMT_SIGNATURE signature{};
  TPM2B_DIGEST signed_digest{};
  const bool fits = std::visit([&](const auto& known) { return set_signature(signature, known, approval.signature); },
                               approval.authority.key);
  if (!fits || !assign(signed_digest, sha256({digest_of(approval.state)}))) return ticket;
  try {
    context.run(kOperation, [&](ESYS_CONTEXT* esys) {
      return Esys_VerifySignature(esys, key.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &signed_digest, &signature,
                                  out(ticket));
    });
  } catch (const Error& error) {
    if (!blames_parameter(error.rc())) throw;
  }
  return ticket;
}

}  // namespace

void Approvals::set(std::vector<PcrApproval> approvals) {
  if (approvals.size() > KeyDevice::kMaxApprovals) {
    throw Error("set approvals of PCR states", Fault::failed, "more than 16");
  }
  std::ranges::for_each(approvals, require_form);
  approvals_.clear();
  for (PcrApproval& given : approvals) {
    approvals_.push_back(
        {{std::move(given.authority)}, {given.pcrs, std::move(given.pcr_digest)}, std::move(given.signature), nullptr});
  }
}

void Approvals::verify(Context& context, const Authority& authority) {
  const auto is_new = [&](const Approval& known) { return !known.tried && known.authority == authority; };
  if (std::ranges::none_of(approvals_, is_new)) return;
  const Handle key = load_authority(context, authority);
  for (Approval& approval : approvals_) {
    if (!is_new(approval)) continue;
    approval.ticket = verify_one(context, key, approval);
    approval.tried = true;
  }
}

std::vector<const Approval*> Approvals::of(const Authority& authority) const {
  std::vector<const Approval*> found;
  for (const Approval& approval : approvals_) {
    if (approval.authority == authority) found.push_back(&approval);
  }
  return found;
}

void Approvals::prefer(const Approval& approval) {
  const auto served = approvals_.begin() + (&approval - approvals_.data());
  std::rotate(approvals_.begin(), served, served + 1);
}

}  // namespace edgeseal::tpm
