#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/keys/key_service.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

using PcrValues = std::map<unsigned, Bytes>;  // of the SHA-256 bank: number 0 to 23, 32 bytes each

// An approval that stands in a file, pcr-approvals.d/NAME.toml.
struct DeclaredApproval {
  std::string name;
  PcrValues values;
  Bytes signature;  // as of PcrPolicies::approve()

  bool operator==(const DeclaredApproval&) const = default;
};
// Half of what a TPM is given: as many of those that came over the bus are in force besides.
inline constexpr std::size_t max_declared_approvals = tpm::KeyDevice::kMaxApprovals / 2;

// In which states of the machine keys may be used, and how an update of firmware or boot loader gets through: with an
// authority by what it signs, without one by sealing sealed keys once more for the values that the update will bring.
// A `tpm` key that is bound to PCRs without an authority cannot be moved: it needs a successor. Loop's thread.
class PcrPolicies {
 public:
  // `authority`: DER SubjectPublicKeyInfo of the key whose approvals count; empty: one is configured and can't be used,
  // so that no key is bound to what nobody meant. Throws Error{invalid_argument} as require_authority() does.
  // `declared`: as of use_declared().
  PcrPolicies(State& state, std::optional<Bytes> authority, std::vector<DeclaredApproval> declared = {});

  // RSA 2048 or EC P-256. Throws Error{invalid_argument} for another one.
  static void require_authority(ByteView subject_public_key_info);

  // What a new key with these PCRs is bound to. policy() throws Error{invalid_state} where the authority can't be used.
  [[nodiscard]] KeyPolicy kind(tpm::PcrMask pcrs) const;
  [[nodiscard]] std::optional<tpm::PcrPolicy> policy(tpm::PcrMask pcrs) const;

  struct ApprovalRequest {
    Bytes pcr_digest;  // SHA-256 over the values
    Bytes policy;      // what the authority signs, with SHA-256
  };
  [[nodiscard]] static ApprovalRequest prepare(const PcrValues& values);
  // What `authority`, as the constructor takes it, says of the values. `signature`: RSA PKCS#1 v1.5 or DER
  // Ecdsa-Sig-Value. Throws Error{security_checks_failed} unless it verifies, Error{invalid_state} where there is no
  // authority or it can't be used.
  [[nodiscard]] static tpm::PcrApproval approval(const std::optional<Bytes>& authority, const PcrValues& values,
                                                 ByteView signature);
  // Throws as approval() does. Takes effect at once where `tpm` is open.
  void approve(const PcrValues& values, ByteView signature, TpmWorker& tpm);
  // At most max_declared_approvals, in the place of what files declared before and besides those of approve(); they are
  // not stored. What the authority in force has not signed is not used. Takes effect at once where `tpm` is open.
  void use_declared(const std::vector<DeclaredApproval>& declared, TpmWorker& tpm);

  // For a device that has just been opened; any thread.
  [[nodiscard]] std::function<void(tpm::KeyDevice&)> installer() const;

  // `client`: whose turn it is, where several wait.
  static void read(const std::vector<unsigned>& pcrs, TpmWorker& tpm, std::uint64_t client, Answer<PcrValues> answer);

  // Seals the sealed keys that are bound to any of these PCRs for the values given, besides those of now; PCRs that are
  // not named are expected as they are. Answers how many; Error{key_unavailable} names those that could not be opened.
  // What was sealed for an earlier update is replaced. Throws Error{busy} while one is under way.
  void reseal(const PcrValues& values, KeyService& keys, SealedKeys& sealed, TpmWorker& tpm,
              Answer<std::uint32_t> answer);

 private:
  struct Approvals {
    std::mutex mutex;  // guards list
    std::vector<tpm::PcrApproval> list;
  };

  class Resealing;

  [[nodiscard]] std::vector<tpm::PcrApproval> signed_of(const std::vector<DeclaredApproval>& declared) const;
  void load_approvals(const std::vector<DeclaredApproval>& declared);

  State& state_;
  std::optional<Bytes> authority_;
  std::optional<tpm::PublicKey> authority_key_;
  std::vector<DeclaredApproval> declared_;
  std::weak_ptr<Resealing> resealing_;
  std::shared_ptr<Approvals> approvals_ = std::make_shared<Approvals>();
};

}  // namespace edgeseal::agent
