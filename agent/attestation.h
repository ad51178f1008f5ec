#pragma once

#include <optional>
#include <vector>

#include "agent/key_service.h"
#include "agent/state.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

struct KeyEvidence {
  tpm::Evidence evidence;
  std::vector<Bytes> endorsement_certificates;  // DER
};

// Shows to others that keys live in a genuine TPM (docs/attestation.md). The attestation key is made at first use and
// kept in the state. Loop's thread.
class Attestation {
 public:
  Attestation(State& state, TpmWorker& tpm) : state_(state), tpm_(tpm) {}

  // `nonce`: at most 32 bytes. Throws Error{not_supported} for a `sealed` key.
  void certify(const KeyPtr& key, Bytes nonce, Answer<std::shared_ptr<KeyEvidence>> answer);
  // Contents of what TPM2_MakeCredential gave for the attestation key and this endorsement key.
  void activate(tpm::EndorsementKey endorsement_key, Bytes credential, Bytes encrypted_secret,
                Answer<tpm::SecretBytes> answer);
  // Read once: they do not change, and it takes many commands.
  void manufacturer_keys(Answer<std::vector<tpm::ManufacturerKey>> answer);

 private:
  using AttestationKeyPtr = std::shared_ptr<const tpm::AttestationKey>;
  void with_attestation_key(const std::function<void(std::variant<AttestationKeyPtr, Error>)>& next);

  State& state_;
  TpmWorker& tpm_;
  std::optional<std::vector<tpm::ManufacturerKey>> manufacturer_keys_;
};

}  // namespace edgeseal::agent
