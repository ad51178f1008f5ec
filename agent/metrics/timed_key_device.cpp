#include "agent/metrics/timed_key_device.h"

#include <chrono>
#include <exception>

namespace edgeseal::agent {

namespace {

// From here to the end of the block, however it ends.
class Timer {
 public:
  explicit Timer(CommandTimes::Times& times) : times_(times) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() {
    if (std::uncaught_exceptions() > exceptions_)
      times_.failures.fetch_add(1, std::memory_order_relaxed);
    else
      times_.taken.record(std::chrono::steady_clock::now() - begin_);
  }

 private:
  CommandTimes::Times& times_;
  const int exceptions_ = std::uncaught_exceptions();
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

template <class Work>
auto TimedKeyDevice::timed(TpmOperation operation, const Work& work) {
  const Timer timer(times_->of(operation));
  return work(*device_);
}

tpm::CreatedKey TimedKeyDevice::create(tpm::KeyAlgorithm algorithm, const std::optional<tpm::PcrPolicy>& policy) {
  return timed(TpmOperation::create_key, [&](KeyDevice& device) { return device.create(algorithm, policy); });
}

tpm::CreatedKey TimedKeyDevice::import_key(const tpm::PrivateKey& key) {
  return timed(TpmOperation::other, [&](KeyDevice& device) { return device.import_key(key); });
}

tpm::CreatedKey TimedKeyDevice::adopt(tpm::ByteView tss_private_key, const tpm::SecretBytes& auth) {
  return timed(TpmOperation::other, [&](KeyDevice& device) { return device.adopt(tss_private_key, auth); });
}

tpm::Bytes TimedKeyDevice::export_key(const tpm::StoredKey& key, const tpm::SecretBytes& auth) {
  return timed(TpmOperation::other, [&](KeyDevice& device) { return device.export_key(key, auth); });
}

tpm::Bytes TimedKeyDevice::sign_rsa_pkcs1(const tpm::StoredKey& key, tpm::HashAlgorithm hash, tpm::ByteView digest) {
  return timed(TpmOperation::sign, [&](KeyDevice& device) { return device.sign_rsa_pkcs1(key, hash, digest); });
}

tpm::EcdsaSignature TimedKeyDevice::sign_ecdsa(const tpm::StoredKey& key, tpm::HashAlgorithm hash,
                                               tpm::ByteView digest) {
  return timed(TpmOperation::sign, [&](KeyDevice& device) { return device.sign_ecdsa(key, hash, digest); });
}

tpm::SecretBytes TimedKeyDevice::rsa_private(const tpm::StoredKey& key, tpm::ByteView block) {
  return timed(TpmOperation::rsa_private, [&](KeyDevice& device) { return device.rsa_private(key, block); });
}

tpm::SealedSecret TimedKeyDevice::seal(tpm::ByteView secret, const std::optional<tpm::PcrPolicy>& policy) {
  return timed(TpmOperation::seal, [&](KeyDevice& device) { return device.seal(secret, policy); });
}

tpm::SecretBytes TimedKeyDevice::unseal(const tpm::SealedSecret& sealed) {
  return timed(TpmOperation::unseal, [&](KeyDevice& device) { return device.unseal(sealed); });
}

std::vector<tpm::Bytes> TimedKeyDevice::read_pcrs(tpm::PcrMask pcrs) {
  return timed(TpmOperation::other, [&](KeyDevice& device) { return device.read_pcrs(pcrs); });
}

void TimedKeyDevice::set_pcr_approvals(std::vector<tpm::PcrApproval> approvals) {
  timed(TpmOperation::other, [&](KeyDevice& device) { device.set_pcr_approvals(std::move(approvals)); });
}

tpm::AttestationKey TimedKeyDevice::create_attestation_key() {
  return timed(TpmOperation::create_key, [](KeyDevice& device) { return device.create_attestation_key(); });
}

tpm::Evidence TimedKeyDevice::certify(const tpm::StoredKey& key, const tpm::AttestationKey& attestation_key,
                                      tpm::ByteView nonce) {
  return timed(TpmOperation::other, [&](KeyDevice& device) { return device.certify(key, attestation_key, nonce); });
}

tpm::SecretBytes TimedKeyDevice::activate_credential(const tpm::AttestationKey& attestation_key,
                                                     const tpm::EndorsementKey& endorsement_key,
                                                     tpm::ByteView credential, tpm::ByteView encrypted_secret) {
  return timed(TpmOperation::other, [&](KeyDevice& device) {
    return device.activate_credential(attestation_key, endorsement_key, credential, encrypted_secret);
  });
}

std::vector<tpm::ManufacturerKey> TimedKeyDevice::manufacturer_keys() {
  return timed(TpmOperation::other, [](KeyDevice& device) { return device.manufacturer_keys(); });
}

std::optional<tpm::Anchor> TimedKeyDevice::read_anchor() {
  return timed(TpmOperation::other, [](KeyDevice& device) { return device.read_anchor(); });
}

tpm::Anchor TimedKeyDevice::define_anchor() {
  return timed(TpmOperation::other, [](KeyDevice& device) { return device.define_anchor(); });
}

void TimedKeyDevice::mark_configured() {
  timed(TpmOperation::other, [](KeyDevice& device) { device.mark_configured(); });
}

std::uint64_t TimedKeyDevice::count_failed_try() {
  return timed(TpmOperation::other, [](KeyDevice& device) { return device.count_failed_try(); });
}

std::uint64_t TimedKeyDevice::advance_generation() {
  return timed(TpmOperation::other, [](KeyDevice& device) { return device.advance_generation(); });
}

void TimedKeyDevice::remove_anchor(const tpm::SecretBytes& owner_auth) {
  timed(TpmOperation::other, [&](KeyDevice& device) { device.remove_anchor(owner_auth); });
}

tpm::Lockout TimedKeyDevice::lockout() {
  return timed(TpmOperation::other, [](KeyDevice& device) { return device.lockout(); });
}

void TimedKeyDevice::stir_random(tpm::ByteView entropy) {
  timed(TpmOperation::other, [&](KeyDevice& device) { device.stir_random(entropy); });
}

}  // namespace edgeseal::agent
