#pragma once

#include <optional>
#include <vector>

#include "agent/keys/key_service.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

struct KeyEvidence {
  tpm::Evidence evidence;
  std::vector<Bytes> endorsement_certificates;  // DER
};

using ManufacturerKeys = std::vector<tpm::ManufacturerKey>;

// Shows to others that keys live in a genuine TPM (docs/attestation.md). The attestation key is made at first use and
// kept in the state. Loop's thread.
class Attestation {
 public:
  Attestation(State& state, TpmWorker& tpm) : state_(state), tpm_(tpm) {}

  // `nonce`: at most 32 bytes. `client`: whose turn it is at the TPM. Throws Error{not_supported} for a `sealed` key.
  void certify(const KeyPtr& key, Bytes nonce, std::uint64_t client, Answer<std::shared_ptr<KeyEvidence>> answer);
  // Contents of what TPM2_MakeCredential gave for the attestation key and this endorsement key.
  void activate(tpm::EndorsementKey endorsement_key, Bytes credential, Bytes encrypted_secret,
                Answer<tpm::SecretBytes> answer);
  // Read once, for all who ask: they do not change, and it takes many commands.
  void manufacturer_keys(Answer<ManufacturerKeys> answer);

 private:
  using AttestationKeyPtr = std::shared_ptr<const tpm::AttestationKey>;
  void with_attestation_key(std::uint64_t client,
                            const std::function<void(std::variant<AttestationKeyPtr, Error>)>& next);
  void read_manufacturer_keys(const std::variant<ManufacturerKeys, Error>& outcome);

  State& state_;
  TpmWorker& tpm_;
  std::optional<ManufacturerKeys> manufacturer_keys_;
  std::vector<Answer<ManufacturerKeys>> waiting_;  // for them; not empty: the TPM is at it
};

}  // namespace edgeseal::agent
