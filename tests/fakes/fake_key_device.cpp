#include "tests/fakes/fake_key_device.h"

#include <openssl/rand.h>

#include <algorithm>
#include <mutex>
#include <type_traits>
#include <utility>

#include "tests/fakes/fake_blob.h"
#include "tests/fakes/fake_evidence.h"
#include "tests/fakes/fake_tpm_state.h"
#include "tests/fakes/software_key.h"
#include "tpm/public_area.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;

constexpr std::size_t kAuthSize = 32;
constexpr std::size_t kNameSize = 34;
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
    tpm::CreatedKey adopted = stored(std::move(*key), std::move(blob.policy));
    const std::lock_guard lock(state_->mutex);
    adopted.exempt_from_lockout = state_->adopts_exempt;
    return adopted;
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
    require((pcrs & ~tpm::kAllPcrs) == 0, "no such PCRs");
    const std::lock_guard lock(state_->mutex);
    return state_->pcrs.values(pcrs);
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
    begin("read the lockout", &Counts::lockout_reads);
    const std::lock_guard lock(state_->mutex);
    return state_->lockout;
  }

 private:
  template <class Change>
  std::invoke_result_t<Change, tpm::Anchor&> change_anchor(const Change& change) {
    begin("write the anchor", &Counts::anchor_writes);
    const std::lock_guard lock(state_->mutex);
    require(state_->anchor.has_value(), "the anchor is not defined");
    if (!std::exchange(state_->answer_lost, false)) return change(*state_->anchor);
    (void)change(*state_->anchor);
    poisoned_ = true;
    throw Error("write the anchor", Fault::transport, "the answer was lost");
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
    if (blob.policy) {
      const std::lock_guard lock(state_->mutex);
      state_->pcrs.require_allowed_by(*blob.policy, approvals_);
    }
    require_auth(blob, auth);
  }

  [[nodiscard]] std::optional<tpm::ObjectPolicy> resolve(const std::optional<tpm::PcrPolicy>& policy) const {
    if (!policy) return std::nullopt;
    require(valid(policy->pcrs) && (policy->pcr_digest.empty() || policy->pcr_digest.size() == 32), "not a policy");
    const std::lock_guard lock(state_->mutex);
    return state_->pcrs.resolve(*policy);
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

FakeTpm::FakeTpm() : state_(std::make_shared<State>()) {
  state_->facts = default_facts();
}

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

}  // namespace edgeseal::test
