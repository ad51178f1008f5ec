#pragma once

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "tpm/context.h"
#include "tpm/pcr_policy.h"

// What an object's authPolicy asks for besides its authValue, as the object's stored form says it (TPM 2.0 Part 1
// §19.7).
namespace edgeseal::tpm {

// TPM2_PolicyPCR: the SHA-256 bank is in this state.
struct PcrState {
  PcrMask pcrs = 0;
  Bytes digest;  // as in PcrPolicy

  friend bool operator==(const PcrState&, const PcrState&) = default;
};

// TPM2_PolicyAuthorize: the state of PCRs is one that this key has approved. The policyRef is empty.
struct Authority {
  PublicKey key;

  friend bool operator==(const Authority&, const Authority&) = default;
};

using ObjectPolicy = std::variant<PcrState, Authority>;

// An element of the policy in a TSSPRIVKEY.
struct PolicyCommand {
  std::uint32_t code = 0;  // TPM_CC
  Bytes parameters;        // as marshalled for the command, and as the key format says for TPM2_PolicyAuthorize
};

// Policies here are one of the two commands above and TPM2_PolicyAuthValue.
inline constexpr std::size_t kPolicyCommands = 2;
inline constexpr std::size_t kMaxPolicyParameters = 1024;

[[nodiscard]] std::vector<PolicyCommand> commands_of(const ObjectPolicy& policy);
// The inverse. Throws Error with Fault::bad_blob for any other commands, and for these in any other form.
[[nodiscard]] ObjectPolicy policy_of(std::span<const PolicyCommand> commands);

// The policyDigest after the first command alone.
[[nodiscard]] Bytes digest_of(const PcrState& state);
[[nodiscard]] Bytes digest_of(const Authority& authority);
// What the object has as authPolicy.
[[nodiscard]] Bytes auth_policy(const ObjectPolicy& policy);

// With the present values where `policy` gives none. Throws Error: failed for a policy that makes no sense, unsupported
// for an authority's key that the chip cannot use.
[[nodiscard]] ObjectPolicy resolve(Context& context, const PcrPolicy& policy);

}  // namespace edgeseal::tpm
