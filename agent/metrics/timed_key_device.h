#pragma once

#include <memory>

#include "agent/metrics/command_times.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

// Another device, whose operations are timed. The thread that owns the TPM.
class TimedKeyDevice final : public tpm::KeyDevice {
 public:
  TimedKeyDevice(std::unique_ptr<tpm::KeyDevice> device, std::shared_ptr<CommandTimes> times)
      : device_(std::move(device)), times_(std::move(times)) {}

  const tpm::TpmFacts& facts() const override { return device_->facts(); }
  tpm::CreatedKey create(tpm::KeyAlgorithm algorithm, const std::optional<tpm::PcrPolicy>& policy) override;
  tpm::CreatedKey import_key(const tpm::PrivateKey& key) override;
  tpm::CreatedKey adopt(tpm::ByteView tss_private_key, const tpm::SecretBytes& auth) override;
  tpm::Bytes export_key(const tpm::StoredKey& key, const tpm::SecretBytes& auth) override;
  tpm::Bytes sign_rsa_pkcs1(const tpm::StoredKey& key, tpm::HashAlgorithm hash, tpm::ByteView digest) override;
  tpm::EcdsaSignature sign_ecdsa(const tpm::StoredKey& key, tpm::HashAlgorithm hash, tpm::ByteView digest) override;
  tpm::SecretBytes rsa_private(const tpm::StoredKey& key, tpm::ByteView block) override;
  tpm::SealedSecret seal(tpm::ByteView secret, const std::optional<tpm::PcrPolicy>& policy) override;
  tpm::SecretBytes unseal(const tpm::SealedSecret& sealed) override;
  std::vector<tpm::Bytes> read_pcrs(tpm::PcrMask pcrs) override;
  void set_pcr_approvals(std::vector<tpm::PcrApproval> approvals) override;
  tpm::AttestationKey create_attestation_key() override;
  tpm::Evidence certify(const tpm::StoredKey& key, const tpm::AttestationKey& attestation_key,
                        tpm::ByteView nonce) override;
  tpm::SecretBytes activate_credential(const tpm::AttestationKey& attestation_key,
                                       const tpm::EndorsementKey& endorsement_key, tpm::ByteView credential,
                                       tpm::ByteView encrypted_secret) override;
  std::vector<tpm::ManufacturerKey> manufacturer_keys() override;
  std::optional<tpm::Anchor> read_anchor() override;
  tpm::Anchor define_anchor() override;
  void mark_configured() override;
  std::uint64_t count_failed_try() override;
  std::uint64_t advance_generation() override;
  void remove_anchor(const tpm::SecretBytes& owner_auth) override;
  tpm::Lockout lockout() override;
  void stir_random(tpm::ByteView entropy) override;
  void evict(const tpm::KeyId& id) noexcept override { device_->evict(id); }

 private:
  template <class Work>
  auto timed(TpmOperation operation, const Work& work);

  const std::unique_ptr<tpm::KeyDevice> device_;
  const std::shared_ptr<CommandTimes> times_;
};

}  // namespace edgeseal::agent
