#include "tpm/esys_key_device.h"

#include <algorithm>
#include <type_traits>

#include "tpm/anchor_indices.h"
#include "tpm/attestation.h"
#include "tpm/authorisation.h"
#include "tpm/capabilities.h"
#include "tpm/duplication.h"
#include "tpm/key_cache.h"
#include "tpm/key_creation.h"
#include "tpm/key_template.h"
#include "tpm/key_transfer.h"
#include "tpm/lockout.h"
#include "tpm/manufacturer_keys.h"
#include "tpm/pcrs.h"
#include "tpm/public_area.h"
#include "tpm/randomness.h"
#include "tpm/response_encryption.h"
#include "tpm/sealing.h"
#include "tpm/signing.h"
#include "tpm/tss_private_key.h"
#include "tpm/tss_version.h"

namespace edgeseal::tpm {
namespace {

bool decide_response_encryption(Session& session, std::optional<bool> asked_for) {
  const bool encrypted = asked_for ? *asked_for : decrypts_responses(session);
  if (!encrypted) session.context().give_up_response_encryption();
  return encrypted;
}

TpmFacts all_facts(Session& session, const StorageKey& storage_key, const DeviceSettings& settings) {
  TpmFacts facts = read_facts(session.context());
  facts.tss_version = tss_version();
  facts.encrypts_responses = decide_response_encryption(session, settings.encrypt_responses);
  facts.storage_key_handle = storage_key.persistent;
  facts.storage_key_name = storage_key.name;
  return facts;
}

class EsysKeyDevice final : public KeyDevice {
 public:
  explicit EsysKeyDevice(const DeviceSettings& settings)
      : context_(settings.tcti, settings.retry_pauses),
        storage_key_(open_storage_key(context_, settings.storage_key_name)),
        session_(context_, storage_key_.handle.get()),
        authorisation_(session_, storage_key_.handle.get()),
        facts_(all_facts(session_, storage_key_, settings)),
        hashes_(context_),
        cache_(cache_capacity(facts_)),
        anchor_(session_) {}

  const TpmFacts& facts() const override { return facts_; }

  CreatedKey create(KeyAlgorithm algorithm, const std::optional<PcrPolicy>& policy) override {
    require("create key", algorithm);
    const auto resolved = resolve(policy);
    return with_free_slots(1, [&] { return create_key(session_, storage_key_, algorithm, resolved); });
  }

  Bytes sign_rsa_pkcs1(const StoredKey& key, HashAlgorithm hash, ByteView digest) override {
    return use(key, [&](const LoadedKey& loaded) {
      return tpm::sign_rsa_pkcs1(authorisation_, hashes_, loaded, hash, digest);
    });
  }

  EcdsaSignature sign_ecdsa(const StoredKey& key, HashAlgorithm hash, ByteView digest) override {
    return use(key,
               [&](const LoadedKey& loaded) { return tpm::sign_ecdsa(authorisation_, hashes_, loaded, hash, digest); });
  }

  SecretBytes rsa_private(const StoredKey& key, ByteView block) override {
    return use(key, [&](const LoadedKey& loaded) { return tpm::rsa_private(authorisation_, loaded, block); });
  }

  SealedSecret seal(ByteView secret, const std::optional<PcrPolicy>& policy) override {
    const auto resolved = resolve(policy);
    return with_free_slots(1, [&] { return tpm::seal(session_, storage_key_, secret, resolved); });
  }

  SecretBytes unseal(const SealedSecret& sealed) override {
    return with_free_slots(1, [&] { return tpm::unseal(session_, authorisation_, storage_key_, sealed); });
  }

  void stir_random(ByteView entropy) override { tpm::stir_random(session_, entropy); }

  void evict(const KeyId& id) noexcept override { cache_.evict(id); }

  CreatedKey import_key(const PrivateKey& key) override {
    const KeyAlgorithm algorithm = require("import key", algorithm_of(public_key(key)));
    return with_free_slots(1, [&] { return tpm::import_key(session_, storage_key_, algorithm, key); });
  }

  CreatedKey adopt(ByteView tss_private_key, const SecretBytes& auth) override {
    return with_free_slots(1, [&] {
      authorisation_.prepare(decode_tss_private_key(tss_private_key).policy);
      return adopt_key(session_, authorisation_, hashes_, storage_key_, tss_private_key, auth);
    });
  }

  Bytes export_key(const StoredKey& key, const SecretBytes& auth) override {
    return use(key,
               [&](const LoadedKey& loaded) { return tpm::export_key(session_, storage_key_, loaded, key, auth); });
  }

  std::vector<Bytes> read_pcrs(PcrMask pcrs) override { return tpm::read_pcrs(context_, pcrs); }

  // What is loaded had its approvals looked at when it was; the next use loads it again.
  void set_pcr_approvals(std::vector<PcrApproval> approvals) override {
    authorisation_.set_approvals(std::move(approvals));
    cache_.clear();
  }

  AttestationKey create_attestation_key() override {
    return with_free_slots(1, [&] { return tpm::create_attestation_key(session_, storage_key_); });
  }

  Evidence certify(const StoredKey& key, const AttestationKey& attestation_key, ByteView nonce) override {
    return with_free_slots(2, [&] { return tpm::certify(session_, storage_key_, key, attestation_key, nonce); });
  }

  SecretBytes activate_credential(const AttestationKey& attestation_key, const EndorsementKey& endorsement_key,
                                  ByteView credential, ByteView encrypted_secret) override {
    return with_free_slots(2, [&] {
      return tpm::activate_credential(session_, storage_key_, attestation_key, endorsement_key, credential,
                                      encrypted_secret);
    });
  }

  std::vector<ManufacturerKey> manufacturer_keys() override {
    return with_free_slots(1, [&] { return read_manufacturer_keys(session_); });
  }

  std::optional<Anchor> read_anchor() override { return anchor_.read(); }
  Anchor define_anchor() override { return anchor_.define(); }
  void mark_configured() override { anchor_.mark_configured(); }
  std::uint64_t count_failed_try() override { return anchor_.count_failed_try(); }
  std::uint64_t advance_generation() override { return anchor_.advance_generation(); }
  void remove_anchor(const SecretBytes& owner_auth) override { anchor_.remove(owner_auth); }
  Lockout lockout() override { return read_lockout(context_); }

 private:
  // Begins anew with each key that has to be unloaded because the chip says so.
  template <class Operation>
  std::invoke_result_t<Operation> with_free_slots(std::size_t slots, const Operation& operation) {
    std::optional<std::invoke_result_t<Operation>> result;
    cache_.with_free_slots(slots, [&] { result = operation(); });
    return std::move(*result);
  }

  // A key that was loaded with a wrong authValue must not stand in the way of the right one.
  template <class Operation>
  std::invoke_result_t<Operation, const LoadedKey&> use(const StoredKey& key, const Operation& operation) {
    const LoadedKey& loaded = cache_.get(key.id, [&] { return load(key); });
    try {
      return operation(loaded);
    } catch (const Error& error) {
      if (wrong_auth(error.rc())) cache_.evict(key.id);
      throw;
    }
  }

  LoadedKey load(const StoredKey& key) {
    authorisation_.prepare(decode_tss_private_key(key.tss_private_key).policy);
    return load_key(session_, storage_key_, key);
  }

  std::optional<ObjectPolicy> resolve(const std::optional<PcrPolicy>& policy) {
    return policy ? std::optional(tpm::resolve(context_, *policy)) : std::nullopt;
  }

  KeyAlgorithm require(const char* operation, std::optional<KeyAlgorithm> algorithm) const {
    if (algorithm && std::ranges::find(facts_.key_algorithms, *algorithm) != facts_.key_algorithms.end()) {
      return *algorithm;
    }
    std::string offers;
    for (const KeyAlgorithm known : facts_.key_algorithms) offers += std::string(" ") + to_string(known);
    throw Error(operation, Fault::unsupported,
                std::string("this TPM has no ") + (algorithm ? to_string(*algorithm) : "key of this size") +
                    ", it offers:" + offers + ". A key with the protection \"sealed\" can be of any algorithm");
  }

  Context context_;  // outlives everything below
  StorageKey storage_key_;
  Session session_;
  Authorisation authorisation_;
  TpmFacts facts_;
  ChipHashes hashes_;
  KeyCache cache_;
  AnchorIndices anchor_;
};

}  // namespace

std::unique_ptr<KeyDevice> open_esys_key_device(const DeviceSettings& settings) {
  try {
    return std::make_unique<EsysKeyDevice>(settings);
  } catch (const Error& error) {
    if (out_of_objects(error.rc()) || out_of_sessions(error.rc())) throw full_chip(error);
    throw;
  }
}

}  // namespace edgeseal::tpm
