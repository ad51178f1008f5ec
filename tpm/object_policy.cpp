#include "tpm/object_policy.h"

#include <algorithm>
#include <array>

#include "tpm/key_template.h"
#include "tpm/libcrypto.h"
#include "tpm/marshal.h"
#include "tpm/pcrs.h"
#include "tpm/public_area.h"

namespace edgeseal::tpm {
namespace {

constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kSizePrefix = 2;  // of a TPM2B

[[noreturn]] void reject(const char* problem) {
  throw Error("read the policy of a TSSPRIVKEY", Fault::bad_blob, problem);
}

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Bytes code_bytes(TPM2_CC code) {
  Bytes out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<std::byte>(code >> shift & 0xff));
  return out;
}

Bytes selection_bytes(PcrMask pcrs) {
  return marshal_with(Tss2_MU_TPML_PCR_SELECTION_Marshal, pcr_selection(pcrs));
}

Bytes name_of(const Authority& authority) {
  return tpm::name_of(authority_template(authority.key));
}

// TPM2B_DIGEST pcrDigest, TPML_PCR_SELECTION pcrs
PolicyCommand command_of(const PcrState& state) {
  Bytes parameters{std::byte{0}, static_cast<std::byte>(state.digest.size())};
  append(parameters, state.digest);
  append(parameters, selection_bytes(state.pcrs));
  return {TPM2_CC_PolicyPCR, std::move(parameters)};
}

// TPM2B_PUBLIC of the key, TPM2B_NONCE policyRef, TPMT_SIGNATURE: none, because approvals come later.
PolicyCommand command_of(const Authority& authority) {
  constexpr std::array no_policy_ref{std::byte{0}, std::byte{0}};
  constexpr std::array no_signature{std::byte{TPM2_ALG_NULL >> 8}, std::byte{TPM2_ALG_NULL & 0xff}};
  Bytes parameters = marshal(authority_template(authority.key));
  append(parameters, no_policy_ref);
  append(parameters, no_signature);
  return {TPM2_CC_PolicyAuthorize, std::move(parameters)};
}

// The last three bytes are the PCRs, the first one of them with the lowest ones.
PcrState pcr_state_of(ByteView parameters) {
  constexpr std::size_t select_size = 3;
  if (parameters.size() < kSizePrefix + kDigestSize + select_size) reject("TPM2_PolicyPCR is cut off");
  const ByteView digest = parameters.subspan(kSizePrefix, kDigestSize), select = parameters.last(select_size);
  PcrState state{0, Bytes(digest.begin(), digest.end())};
  for (std::size_t i = 0; i < select_size; ++i) state.pcrs |= std::to_integer<PcrMask>(select[i]) << (8 * i);
  if (state.pcrs == 0) reject("TPM2_PolicyPCR is about no PCR");
  return state;
}

// What stands at the front and says its size itself.
ByteView tpm2b_at_front(ByteView bytes) {
  if (bytes.size() < kSizePrefix) reject("TPM2_PolicyAuthorize is cut off");
  const auto size = std::to_integer<std::size_t>(bytes[0]) << 8 | std::to_integer<std::size_t>(bytes[1]);
  if (size > bytes.size() - kSizePrefix) reject("TPM2_PolicyAuthorize is cut off");
  return bytes.first(kSizePrefix + size);
}

Authority authority_of(ByteView parameters) {
  const TPM2B_PUBLIC area = unmarshal_public(tpm2b_at_front(parameters));
  return {public_key(area.publicArea)};
}

ObjectPolicy read(const PolicyCommand& command) {
  switch (command.code) {
    case TPM2_CC_PolicyPCR: return pcr_state_of(command.parameters);
    case TPM2_CC_PolicyAuthorize: return authority_of(command.parameters);
    default: reject("it begins with neither TPM2_PolicyPCR nor TPM2_PolicyAuthorize");
  }
}

bool same(const PolicyCommand& one, const PolicyCommand& other) {
  return one.code == other.code && one.parameters == other.parameters;
}

// Whatever has another form than ours is refused here: another bank, a policyRef, another kind of authority.
void require_our_form(const ObjectPolicy& policy, std::span<const PolicyCommand> commands) {
  if (!std::ranges::equal(commands_of(policy), commands, same)) reject("the agent makes and takes no such policy");
}

}  // namespace

std::vector<PolicyCommand> commands_of(const ObjectPolicy& policy) {
  const PolicyCommand first = std::visit([](const auto& known) { return command_of(known); }, policy);
  return {first, {TPM2_CC_PolicyAuthValue, {}}};
}

ObjectPolicy policy_of(std::span<const PolicyCommand> commands) {
  if (commands.size() != kPolicyCommands) reject("it is not two commands");
  try {
    ObjectPolicy policy = read(commands.front());
    require_our_form(policy, commands);
    return policy;
  } catch (const Error& error) {
    if (error.fault() == Fault::unsupported) reject(error.what());
    throw;
  }
}

Bytes digest_of(const PcrState& state) {
  const Bytes before(kDigestSize);
  return sha256({before, code_bytes(TPM2_CC_PolicyPCR), selection_bytes(state.pcrs), state.digest});
}

// Replaces what came before; the second step is over the policyRef (TPM 2.0 Part 3 §23.2.3).
Bytes digest_of(const Authority& authority) {
  const Bytes before(kDigestSize);
  return sha256({sha256({before, code_bytes(TPM2_CC_PolicyAuthorize), name_of(authority)})});
}

Bytes auth_policy(const ObjectPolicy& policy) {
  const Bytes before = std::visit([](const auto& known) { return digest_of(known); }, policy);
  return sha256({before, code_bytes(TPM2_CC_PolicyAuthValue)});
}

ObjectPolicy resolve(Context& context, const PcrPolicy& policy) {
  constexpr const char* operation = "make a policy";
  if (policy.pcrs == 0 || (policy.pcrs & ~kAllPcrs) != 0) {
    throw Error(operation, Fault::failed, "it needs at least one of the PCRs 0 to 23");
  }
  if (policy.authority) {
    (void)authority_template(*policy.authority);
    return Authority{*policy.authority};
  }
  if (policy.pcr_digest.empty()) return PcrState{policy.pcrs, pcr_digest(read_pcrs(context, policy.pcrs))};
  if (policy.pcr_digest.size() != kDigestSize) throw Error(operation, Fault::failed, "the PCR digest is not SHA-256");
  return PcrState{policy.pcrs, policy.pcr_digest};
}

}  // namespace edgeseal::tpm
