#pragma once

#include <functional>
#include <optional>

#include "tpm/evidence.h"
#include "tpm/handle.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"

namespace edgeseal::tpm {

// Where the TCG has endorsement keys (EK Credential Profile §2.2.1.4 and 5; Registry of Reserved TPM 2.0 Handles and
// Localities §2.3.1).
inline constexpr TPM2_HANDLE kFirstEndorsementKey = 0x81010000;
inline constexpr TPM2_HANDLE kLastEndorsementKey = 0x8101ffff;

struct LoadedEndorsementKey {
  Handle handle;
  bool by_auth_value = false;  // it can be used with its authValue, which is empty; else with its policy alone
};

// Gives the chip's keys of this kind one after the other, until one serves: the persistent ones with the public area of
// the TCG's templates; then, unless it was among them, a primary made from the template L-1 or L-2, which takes a slot
// and, for RSA, seconds on many chips. False if none serves. Throws Error with Fault::failed where the endorsement
// hierarchy has an authValue, and the remedy.
[[nodiscard]] bool find_endorsement_key(Session& session, EndorsementKey kind,
                                        const std::function<bool(const LoadedEndorsementKey&)>& serves);

// What authorises one command with an endorsement key: its empty authValue, or its policy, which is that one knows the
// authValue of the endorsement hierarchy (EK Credential Profile §B.6.2, Policy A).
class EndorsementAuthorization {
 public:
  EndorsementAuthorization(Session& session, const StorageKey& salt_key, const LoadedEndorsementKey& key);

  [[nodiscard]] ESYS_TR session() const noexcept { return policy_ ? policy_->get() : ESYS_TR_PASSWORD; }

 private:
  std::optional<Session> policy_;
};

}  // namespace edgeseal::tpm
