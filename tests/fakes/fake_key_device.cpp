#include "tests/fakes/fake_key_device.h"

#include <openssl/rand.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <type_traits>
#include <utility>

#include "tests/fakes/software_key.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;

constexpr std::size_t kAuthSize = 32;
constexpr std::size_t kNameSize = 34;

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

// What the chip would encrypt, in the clear: the Name of the chip's storage key, the authValue, the content.
tpm::Bytes blob_of(const tpm::Bytes& name, const tpm::Bytes& auth, tpm::ByteView content) {
  tpm::Bytes blob = name;
  blob.insert(blob.end(), auth.begin(), auth.end());
  blob.insert(blob.end(), content.begin(), content.end());
  return blob;
}

// The content of sealed data: no DER begins so. Then the size, and the secret.
constexpr std::byte kSealed{0xff};

tpm::Bytes sealed_content(tpm::ByteView secret) {
  tpm::Bytes content{kSealed, static_cast<std::byte>(secret.size())};
  content.insert(content.end(), secret.begin(), secret.end());
  return content;
}

std::optional<tpm::ByteView> secret_in(tpm::ByteView content) {
  if (content.size() < 2 || content[0] != kSealed) return std::nullopt;
  const tpm::ByteView secret = content.subspan(2);
  return secret.size() == std::to_integer<std::size_t>(content[1]) ? std::optional(secret) : std::nullopt;
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

  tpm::CreatedKey create(tpm::KeyAlgorithm algorithm, const std::optional<tpm::PcrPolicy>&) override {
    begin("create key", &Counts::creations);
    if (std::ranges::count(facts_.key_algorithms, algorithm) == 0) {
      throw Error("create key", Fault::unsupported, "not in the facts of this fake");
    }
    const SoftwareKey key = SoftwareKey::generate(algorithm);
    const tpm::Bytes auth = random_bytes(kAuthSize);
    return {key.public_key(), blob_of(facts_.storage_key_name, auth, key.to_der()), tpm::SecretBytes(auth)};
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

  tpm::SealedSecret seal(tpm::ByteView secret, const std::optional<tpm::PcrPolicy>&) override {
    begin("seal", &Counts::seals);
    require(!secret.empty() && secret.size() <= kMaxSecret, "size of the secret");
    const tpm::Bytes auth = random_bytes(kAuthSize);
    return {blob_of(facts_.storage_key_name, auth, sealed_content(secret)), tpm::SecretBytes(auth)};
  }

  tpm::SecretBytes unseal(const tpm::SealedSecret& sealed) override {
    begin("unseal", &Counts::unseals);
    const auto secret = secret_in(content_of(sealed.tss_private_key));
    if (!secret) throw Error("unseal", Fault::bad_blob, "no sealed data");
    require_auth(sealed.tss_private_key, sealed.auth);
    return tpm::SecretBytes(*secret);
  }

  void stir_random(tpm::ByteView entropy) override {
    begin("stir random numbers", &Counts::stirs);
    require(entropy.size() <= kMaxEntropy, "more than 1024 bytes");
  }

  void evict(const tpm::KeyId&) noexcept override {
    const std::lock_guard lock(state_->mutex);
    ++state_->counts.evictions;
  }

  tpm::CreatedKey import_key(const tpm::PrivateKey&) override { not_yet(); }
  tpm::CreatedKey adopt(tpm::ByteView, const tpm::SecretBytes&) override { not_yet(); }
  tpm::Bytes export_key(const tpm::StoredKey&, const tpm::SecretBytes&) override { not_yet(); }
  std::vector<tpm::Bytes> read_pcrs(tpm::PcrMask) override { not_yet(); }
  void set_pcr_approvals(std::vector<tpm::PcrApproval>) override {}

  tpm::AttestationKey create_attestation_key() override { not_yet(); }
  tpm::Evidence certify(const tpm::StoredKey&, const tpm::AttestationKey&, tpm::ByteView) override { not_yet(); }
  tpm::SecretBytes activate_credential(const tpm::AttestationKey&, const tpm::EndorsementKey&, tpm::ByteView, tpm::ByteView) override {
    not_yet();
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
  [[noreturn]] static void not_yet() { throw Error("not yet", Fault::unsupported, "under construction"); }

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

  static void require(bool condition, const char* problem) {
    if (!condition) throw Error("use key", Fault::failed, problem);
  }

  [[nodiscard]] tpm::ByteView content_of(tpm::ByteView blob) const {
    const tpm::Bytes& name = facts_.storage_key_name;
    const std::size_t prefix = name.size() + kAuthSize;
    if (blob.size() <= prefix || !std::ranges::equal(blob.first(name.size()), name)) {
      throw Error("load", Fault::bad_blob, "this chip did not make it");
    }
    return blob.subspan(prefix);
  }

  // Of a blob that has content.
  void require_auth(tpm::ByteView blob, const tpm::SecretBytes& auth) const {
    require(std::ranges::equal(blob.subspan(facts_.storage_key_name.size(), kAuthSize), auth.view()),
            "wrong authValue");
  }

  [[nodiscard]] std::unique_ptr<SoftwareKey> load(const tpm::StoredKey& stored) const {
    auto key = SoftwareKey::parse(content_of(stored.tss_private_key));
    if (!key) throw Error("load key", Fault::bad_blob, "no key");
    require_auth(stored.tss_private_key, stored.auth);
    return key;
  }

  std::shared_ptr<State> state_;
  tpm::TpmFacts facts_;
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
