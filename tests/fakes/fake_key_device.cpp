#include "tests/fakes/fake_key_device.h"

#include <openssl/rand.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <type_traits>
#include <utility>

#include "tests/fakes/fake_blob.h"
#include "tests/fakes/fake_evidence.h"
#include "tests/fakes/software_key.h"
#include "tests/tpm/signature_check.h"
#include "tpm/object_policy.h"
#include "tpm/public_area.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;

constexpr std::size_t kAuthSize = 32;
constexpr std::size_t kNameSize = 34;
constexpr std::size_t kPcrs = 24;
constexpr std::size_t kMaxNonce = 32;

// Stands before the blob of an attestation key, so that it passes for no other.
constexpr std::byte kAttestation{0xfe};

// What stands for the encrypted secret of TPM2_MakeCredential: which two keys it was made for.
tpm::Bytes seed_of(const tpm::AttestationKey& attestation_key, tpm::EndorsementKey endorsement_key) {
  tpm::Bytes seed = attestation_key.tss_private_key;
  seed.push_back(static_cast<std::byte>(endorsement_key));
  return seed;
}

std::size_t digest_size(tpm::HashAlgorithm hash) {
  switch (hash) {
    case tpm::HashAlgorithm::sha1: return 20;
    case tpm::HashAlgorithm::sha256: return 32;
    case tpm::HashAlgorithm::sha384: return 48;
    case tpm::HashAlgorithm::sha512: return 64;
  }
  return 0;
}

tpm::Bytes random_bytes(std::size_t size) {
  tpm::Bytes out(size);
  RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size));
  return out;
}

void require(bool condition, const char* problem) {
  if (!condition) throw Error("use the fake TPM", Fault::failed, problem);
}

bool valid(tpm::PcrMask pcrs) {
  return pcrs != 0 && (pcrs & ~tpm::kAllPcrs) == 0;
}

bool verifies(const tpm::PcrApproval& approval) {
  const tpm::Bytes digest = sha256(tpm::approved_policy(approval.pcrs, approval.pcr_digest));
  const tpm::ByteView signature = approval.signature;
  if (std::holds_alternative<tpm::RsaPublicKey>(approval.authority)) {
    return verify_rsa_pkcs1(approval.authority, digest, signature);
  }
  const auto half = [&](tpm::ByteView part) { return tpm::Bytes(part.begin(), part.end()); };
  return signature.size() == 64 &&
         verify_ecdsa(approval.authority, digest, {half(signature.first(32)), half(signature.last(32))});
}

tpm::TpmFacts default_facts() {
  tpm::TpmFacts facts;
  facts.manufacturer = "FAKE";
  facts.firmware = "1.0";
  facts.revision = "1.64";
  facts.key_algorithms = {tpm::KeyAlgorithm::ec_p256, tpm::KeyAlgorithm::rsa_2048};
  facts.transient_slots = 3;
  facts.storage_key_name = random_bytes(kNameSize);
  return facts;
}

}  // namespace

struct FakeTpm::State {
  mutable std::mutex mutex;  // guards everything below
  mutable std::condition_variable changed;
  tpm::TpmFacts facts = default_facts();
  std::optional<Fault> fault, fault_once, opening_fault;
  std::optional<tpm::Anchor> anchor;
  tpm::Bytes owner_auth;
  tpm::Lockout lockout;
  std::vector<tpm::ManufacturerKey> manufacturer_keys;
  std::vector<tpm::Bytes> pcrs = std::vector<tpm::Bytes>(kPcrs, tpm::Bytes(32));
  bool blocked = false;
  std::size_t waiting = 0;
  Counts counts;

  void wait_while_blocked(std::unique_lock<std::mutex>& lock) {
    if (!blocked) return;
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [this] { return !blocked; });
    --waiting;
  }

  // What the operation that arrives now does: counts it, holds it up, and says whether it fails.
  [[nodiscard]] std::optional<Fault> arrive(std::size_t Counts::*kind) {
    std::unique_lock lock(mutex);
    if (kind != nullptr) ++(counts.*kind);
    wait_while_blocked(lock);
    if (fault_once) return std::exchange(fault_once, std::nullopt);
    return fault;
  }
};

class FakeTpm::Device final : public tpm::KeyDevice {
 public:
  Device(std::shared_ptr<State> state, tpm::TpmFacts facts) : state_(std::move(state)), facts_(std::move(facts)) {}

  const tpm::TpmFacts& facts() const override { return facts_; }

  tpm::CreatedKey create(tpm::KeyAlgorithm algorithm, const std::optional<tpm::PcrPolicy>& policy) override {
    begin("create key", &Counts::creations);
    require_offered(algorithm);
    return stored(std::make_unique<SoftwareKey>(SoftwareKey::generate(algorithm)), resolve(policy));
  }

  tpm::Bytes sign_rsa_pkcs1(const tpm::StoredKey& key, tpm::HashAlgorithm hash, tpm::ByteView digest) override {
    begin("sign", &Counts::signatures);
    require(digest.size() == digest_size(hash), "length of the digest");
    const auto loaded = load(key);
    require(loaded->is_rsa(), "not an RSA key");
    return loaded->sign_rsa_pkcs1(hash, digest);
  }

  tpm::EcdsaSignature sign_ecdsa(const tpm::StoredKey& key, tpm::HashAlgorithm hash, tpm::ByteView digest) override {
    begin("sign", &Counts::signatures);
    require(digest.size() == digest_size(hash), "length of the digest");
    const auto loaded = load(key);
    require(!loaded->is_rsa(), "not an EC key");
    return loaded->sign_ecdsa(hash, digest);
  }

  tpm::SecretBytes rsa_private(const tpm::StoredKey& key, tpm::ByteView block) override {
    begin("RSA private operation", &Counts::raw_operations);
    const auto loaded = load(key);
    require(loaded->is_rsa(), "not an RSA key");
    return loaded->rsa_private(block);
  }

  tpm::SealedSecret seal(tpm::ByteView secret, const std::optional<tpm::PcrPolicy>& policy) override {
    begin("seal", &Counts::seals);
    require(!secret.empty() && secret.size() <= kMaxSecret, "size of the secret");
    tpm::SecretBytes auth(random_bytes(kAuthSize));
    const FakeBlob blob{facts_.storage_key_name, tpm::SecretBytes(auth.view()), resolve(policy),
                        tpm::SecretBytes(secret)};
    return {blob.encode(), std::move(auth)};
  }

  tpm::SecretBytes unseal(const tpm::SealedSecret& sealed) override {
    begin("unseal", &Counts::unseals);
    FakeBlob blob = FakeBlob::parse(sealed.tss_private_key, facts_.storage_key_name);
    auto* secret = std::get_if<tpm::SecretBytes>(&blob.content);
    if (secret == nullptr) throw Error("unseal", Fault::bad_blob, "no sealed data");
    require_authorised(blob, sealed.auth);
    return std::move(*secret);
  }

  void stir_random(tpm::ByteView entropy) override {
    begin("stir random numbers", &Counts::stirs);
    require(entropy.size() <= kMaxEntropy, "more than 1024 bytes");
  }

  void evict(const tpm::KeyId&) noexcept override {
    const std::lock_guard lock(state_->mutex);
    ++state_->counts.evictions;
  }

  tpm::CreatedKey import_key(const tpm::PrivateKey& key) override {
    begin("import key", &Counts::imports);
    const auto algorithm = std::visit([](const auto& known) { return tpm::algorithm_of(known.public_key); }, key);
    require_offered(algorithm);
    auto imported = SoftwareKey::from(key);
    if (!imported) throw Error("import key", Fault::bad_blob, "its parts do not go together");
    return stored(std::move(imported), std::nullopt);
  }

  tpm::CreatedKey adopt(tpm::ByteView tss_private_key, const tpm::SecretBytes& auth) override {
    begin("adopt key", &Counts::imports);
    FakeBlob blob = FakeBlob::parse(tss_private_key, facts_.storage_key_name);
    auto* key = std::get_if<std::unique_ptr<SoftwareKey>>(&blob.content);
    if (key == nullptr) throw Error("adopt key", Fault::bad_blob, "no key");
    if (!std::ranges::equal(blob.auth.view(), auth.view())) {
      throw Error("adopt key", Fault::bad_blob, auth.empty() ? "the key needs its passphrase" : "wrong passphrase");
    }
    return stored(std::move(*key), std::move(blob.policy));
  }

  tpm::Bytes export_key(const tpm::StoredKey& key, const tpm::SecretBytes& auth) override {
    begin("export key", &Counts::exports);
    require(auth.size() <= kAuthSize, "the authValue is too long");
    FakeBlob blob = FakeBlob::parse(key.tss_private_key, facts_.storage_key_name);
    require_auth(blob, key.auth);
    blob.auth = tpm::SecretBytes(auth.view());
    return blob.encode();
  }

  std::vector<tpm::Bytes> read_pcrs(tpm::PcrMask pcrs) override {
    begin("read PCRs");
    return pcr_values(pcrs);
  }

  void set_pcr_approvals(std::vector<tpm::PcrApproval> approvals) override {
    require(approvals.size() <= kMaxApprovals, "too many approvals");
    for (const tpm::PcrApproval& approval : approvals) {
      (void)tpm::digest_of(tpm::Authority{approval.authority});  // refuses a key that no chip can use
      require(valid(approval.pcrs) && approval.pcr_digest.size() == 32, "not an approval");
    }
    approvals_ = std::move(approvals);
  }

  tpm::AttestationKey create_attestation_key() override {
    begin("create attestation key", &Counts::creations);
    auto key = std::make_unique<SoftwareKey>(SoftwareKey::generate(tpm::KeyAlgorithm::ec_p256));
    tpm::CreatedKey created = stored(std::move(key), std::nullopt);
    created.tss_private_key.insert(created.tss_private_key.begin(), kAttestation);
    return {std::move(created.tss_private_key), std::move(created.auth)};
  }

  tpm::Evidence certify(const tpm::StoredKey& key, const tpm::AttestationKey& attestation_key,
                        tpm::ByteView nonce) override {
    begin("certify key", &Counts::certifications);
    require(nonce.size() <= kMaxNonce, "more than 32 bytes of nonce");
    return fake_evidence(*load(key), *load(attestation_key), nonce);
  }

  tpm::SecretBytes activate_credential(const tpm::AttestationKey& attestation_key,
                                       const tpm::EndorsementKey& endorsement_key, tpm::ByteView credential,
                                       tpm::ByteView encrypted_secret) override {
    begin("activate credential", &Counts::certifications);
    (void)load(attestation_key);
    if (!std::ranges::equal(encrypted_secret, seed_of(attestation_key, endorsement_key))) {
      throw Error("activate credential", Fault::bad_blob, "not made for these two keys");
    }
    return tpm::SecretBytes(credential);
  }

  std::vector<tpm::ManufacturerKey> manufacturer_keys() override {
    begin("read manufacturer keys");
    const std::lock_guard lock(state_->mutex);
    return state_->manufacturer_keys;
  }

  std::optional<tpm::Anchor> read_anchor() override {
    begin("read the anchor", &Counts::anchor_reads);
    const std::lock_guard lock(state_->mutex);
    return state_->anchor;
  }

  tpm::Anchor define_anchor() override {
    begin("define the anchor", &Counts::anchor_writes);
    const std::lock_guard lock(state_->mutex);
    if (state_->anchor) return *state_->anchor;
    require(state_->owner_auth.empty(), "the owner hierarchy has an authorisation value");
    return state_->anchor.emplace();
  }

  void mark_configured() override {
    change_anchor([](tpm::Anchor& anchor) { anchor.configured = true; });
  }
  std::uint64_t count_failed_try() override {
    return change_anchor([](tpm::Anchor& anchor) { return ++anchor.failed_tries; });
  }
  std::uint64_t advance_generation() override {
    return change_anchor([](tpm::Anchor& anchor) { return ++anchor.generation; });
  }

  void remove_anchor(const tpm::SecretBytes& owner_auth) override {
    begin("remove the anchor", &Counts::anchor_writes);
    const std::lock_guard lock(state_->mutex);
    if (!state_->anchor) return;
    require(std::ranges::equal(owner_auth.view(), state_->owner_auth), "not the owner's authorisation value");
    state_->anchor.reset();
  }

  tpm::Lockout lockout() override {
    begin("read the lockout");
    const std::lock_guard lock(state_->mutex);
    return state_->lockout;
  }

 private:
  template <class Change>
  std::invoke_result_t<Change, tpm::Anchor&> change_anchor(const Change& change) {
    begin("write the anchor", &Counts::anchor_writes);
    const std::lock_guard lock(state_->mutex);
    require(state_->anchor.has_value(), "the anchor is not defined");
    return change(*state_->anchor);
  }

  void begin(const char* operation, std::size_t Counts::*kind = nullptr) {
    if (poisoned_) throw Error(operation, Fault::transport, "the device failed before");
    const auto fault = state_->arrive(kind);
    if (!fault) return;
    poisoned_ = *fault == Fault::transport;
    throw Error(operation, *fault, "the test said so");
  }

  void require_offered(std::optional<tpm::KeyAlgorithm> algorithm) const {
    if (algorithm && std::ranges::count(facts_.key_algorithms, *algorithm) != 0) return;
    throw Error("create key", Fault::unsupported, "not in the facts of this fake");
  }

  // Under a new random authValue.
  [[nodiscard]] tpm::CreatedKey stored(std::unique_ptr<SoftwareKey> key,
                                       std::optional<tpm::ObjectPolicy> policy) const {
    tpm::SecretBytes auth(random_bytes(kAuthSize));
    tpm::PublicKey public_key = key->public_key();
    const FakeBlob blob{facts_.storage_key_name, tpm::SecretBytes(auth.view()), std::move(policy), std::move(key)};
    return {std::move(public_key), blob.encode(), std::move(auth)};
  }

  static void require_auth(const FakeBlob& blob, const tpm::SecretBytes& auth) {
    require(std::ranges::equal(blob.auth.view(), auth.view()), "wrong authValue");
  }

  void require_authorised(const FakeBlob& blob, const tpm::SecretBytes& auth) const {
    if (blob.policy) std::visit([this](const auto& policy) { require_satisfied(policy); }, *blob.policy);
    require_auth(blob, auth);
  }

  void require_satisfied(const tpm::PcrState& state) const {
    if (!pcrs_are(state.pcrs, state.digest)) throw_mismatch();
  }

  void require_satisfied(const tpm::Authority& authority) const {
    bool forged = false;
    for (const tpm::PcrApproval& approval : approvals_) {
      if (approval.authority != authority.key || !pcrs_are(approval.pcrs, approval.pcr_digest)) continue;
      if (verifies(approval)) return;
      forged = true;
    }
    if (forged) throw Error("use a policy", Fault::bad_blob, "the approval has a wrong signature");
    throw_mismatch();
  }

  [[noreturn]] static void throw_mismatch() {
    throw Error("use a policy", Fault::pcr_mismatch, "the PCRs are not in a state that the policy allows");
  }

  [[nodiscard]] bool pcrs_are(tpm::PcrMask pcrs, const tpm::Bytes& digest) const {
    return tpm::pcr_digest(pcr_values(pcrs)) == digest;
  }

  [[nodiscard]] std::vector<tpm::Bytes> pcr_values(tpm::PcrMask pcrs) const {
    require((pcrs & ~tpm::kAllPcrs) == 0, "no such PCRs");
    const std::lock_guard lock(state_->mutex);
    std::vector<tpm::Bytes> values;
    for (std::size_t pcr = 0; pcr < kPcrs; ++pcr) {
      if ((pcrs >> pcr & 1) != 0) values.push_back(state_->pcrs[pcr]);
    }
    return values;
  }

  [[nodiscard]] std::optional<tpm::ObjectPolicy> resolve(const std::optional<tpm::PcrPolicy>& policy) const {
    if (!policy) return std::nullopt;
    require(valid(policy->pcrs) && (policy->pcr_digest.empty() || policy->pcr_digest.size() == 32), "not a policy");
    if (policy->authority) {
      (void)tpm::digest_of(tpm::Authority{*policy->authority});  // refuses a key that no chip can use
      return tpm::Authority{*policy->authority};
    }
    return tpm::PcrState{policy->pcrs,
                         policy->pcr_digest.empty() ? tpm::pcr_digest(pcr_values(policy->pcrs)) : policy->pcr_digest};
  }

  [[nodiscard]] std::unique_ptr<SoftwareKey> load(const tpm::AttestationKey& stored_key) const {
    const tpm::ByteView blob = stored_key.tss_private_key;
    if (blob.empty() || blob[0] != kAttestation) throw Error("load key", Fault::bad_blob, "no attestation key");
    return load(tpm::StoredKey{{}, tpm::Bytes(blob.begin() + 1, blob.end()), tpm::SecretBytes(stored_key.auth.view())});
  }

  [[nodiscard]] std::unique_ptr<SoftwareKey> load(const tpm::StoredKey& stored_key) const {
    FakeBlob blob = FakeBlob::parse(stored_key.tss_private_key, facts_.storage_key_name);
    auto* key = std::get_if<std::unique_ptr<SoftwareKey>>(&blob.content);
    if (key == nullptr) throw Error("load key", Fault::bad_blob, "no key");
    require_authorised(blob, stored_key.auth);
    return std::move(*key);
  }

  std::shared_ptr<State> state_;
  tpm::TpmFacts facts_;
  std::vector<tpm::PcrApproval> approvals_;
  bool poisoned_ = false;
};

FakeTpm::FakeTpm() : state_(std::make_shared<State>()) {}

std::unique_ptr<tpm::KeyDevice> FakeTpm::open() const {
  std::unique_lock lock(state_->mutex);
  ++state_->counts.opens;
  state_->wait_while_blocked(lock);
  if (state_->opening_fault) throw Error("open TPM", *state_->opening_fault, "the test said so");
  return std::make_unique<Device>(state_, state_->facts);
}

FakeTpm::Credential FakeTpm::make_credential(const tpm::AttestationKey& attestation_key,
                                             tpm::EndorsementKey endorsement_key, tpm::ByteView secret) {
  return {tpm::Bytes(secret.begin(), secret.end()), seed_of(attestation_key, endorsement_key)};
}

void FakeTpm::set_facts(tpm::TpmFacts facts) {
  const std::lock_guard lock(state_->mutex);
  state_->facts = std::move(facts);
}

void FakeTpm::set_anchor(std::optional<tpm::Anchor> anchor) {
  const std::lock_guard lock(state_->mutex);
  state_->anchor = anchor;
}

std::optional<tpm::Anchor> FakeTpm::anchor() const {
  const std::lock_guard lock(state_->mutex);
  return state_->anchor;
}

void FakeTpm::set_owner_auth(tpm::Bytes owner_auth) {
  const std::lock_guard lock(state_->mutex);
  state_->owner_auth = std::move(owner_auth);
}

void FakeTpm::set_lockout(tpm::Lockout lockout) {
  const std::lock_guard lock(state_->mutex);
  state_->lockout = lockout;
}

void FakeTpm::set_manufacturer_keys(std::vector<tpm::ManufacturerKey> keys) {
  const std::lock_guard lock(state_->mutex);
  state_->manufacturer_keys = std::move(keys);
}

void FakeTpm::set_pcr(unsigned index, tpm::Bytes value) {
  const std::lock_guard lock(state_->mutex);
  state_->pcrs.at(index) = std::move(value);
}

void FakeTpm::fail(std::optional<Fault> fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = fault;
}

void FakeTpm::fail_once(Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault_once = fault;
}

void FakeTpm::fail_opening(std::optional<Fault> fault) {
  const std::lock_guard lock(state_->mutex);
  state_->opening_fault = fault;
}

void FakeTpm::block() {
  const std::lock_guard lock(state_->mutex);
  state_->blocked = true;
}

void FakeTpm::release() {
  const std::lock_guard lock(state_->mutex);
  state_->blocked = false;
  state_->changed.notify_all();
}

void FakeTpm::wait_until_blocked() const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->waiting > 0; });
}

FakeTpm::Counts FakeTpm::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

}  // namespace edgeseal::test
