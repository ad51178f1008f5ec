#include "agent/keys/key_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/access.h"
#include "agent/device/device_names.h"
#include "agent/device/shared_ldevid.h"
#include "agent/keys/key_decryption.h"
#include "agent/keys/key_signature.h"
#include "agent/keys/slot_name.h"
#include "agent/openssl.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

namespace {

// By a `tpm` key: each block is a task of its own, so that others have their turn between them.
class BlockwiseDecryption : public std::enable_shared_from_this<BlockwiseDecryption> {
 public:
  BlockwiseDecryption(TpmWorker& tpm, KeyPtr key, DecryptionRequest request, RejectionSeed seed,
                      const TpmWorker::Ticket& ticket, Answer<tpm::SecretBytes> answer)
      : tpm_(tpm),
        key_(std::move(key)),
        request_(std::make_shared<const DecryptionRequest>(std::move(request))),
        seed_(std::move(seed)),
        ticket_(ticket),
        deadline_(std::chrono::steady_clock::now() + ticket.time_limit),
        answer_(std::move(answer)),
        rest_(request_->ciphertext) {}

  // The first call throws what submit() throws.
  void next() {
    using std::chrono::milliseconds;
    const std::size_t size = *modulus_bits(key_->algorithm) / 8;
    const ByteView block = rest_.first(size);
    rest_ = rest_.subspan(size);
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    tpm_.submit<tpm::SecretBytes>({ticket_.priority, ticket_.client, std::max(left, milliseconds(1))},
                                  decrypt_command(key_, request_, block, seed_),
                                  [self = shared_from_this()](std::variant<tpm::SecretBytes, Error> plaintext) {
                                    proceed(self->answer_, plaintext, [&](tpm::SecretBytes& part) {
                                      self->parts_.push_back(std::move(part));
                                      if (!self->rest_.empty()) return self->next();
                                      self->answer_(in_a_row(self->parts_));
                                    });
                                  });
  }

 private:
  TpmWorker& tpm_;
  const KeyPtr key_;
  const std::shared_ptr<const DecryptionRequest> request_;
  const RejectionSeed seed_;
  const TpmWorker::Ticket ticket_;
  const std::chrono::steady_clock::time_point deadline_;
  const Answer<tpm::SecretBytes> answer_;
  ByteView rest_;
  std::vector<tpm::SecretBytes> parts_;
};

}  // namespace

KeyService::KeyService(State& state, TpmWorker& tpm, SealedKeys& sealed, RetiredKeys& retired, TrustLists& lists)
    : state_(state),
      tpm_(tpm),
      sealed_(sealed),
      retired_(retired),
      lists_(lists),
      rejection_seed_(std::make_shared<const tpm::SecretBytes>(state.rejection_seed())) {}

Slot resolve_slot(State& state, std::string_view name) {
  const SlotName parts = SlotName::parse(name);
  if (parts.application.empty()) throw Error(Code::not_found, "a key name begins with an application");
  const auto record = state.application(std::string(parts.application));
  if (!record)
    throw Error(Code::not_found,
                fmt::format("there is no application \"{}\"; see edgesealctl application list", parts.application));
  if (const auto slot = find_slot(*record, parts)) return *slot;
  throw Error(Code::not_found,
              fmt::format("{}; see edgesealctl application show {}", missing_part(*record, parts), parts.application));
}

Slot KeyService::resolve(std::string_view name) {
  return resolve_slot(state_, name);
}

KeyPtr KeyService::find(std::string_view name) {
  const Slot slot = resolve(name);
  auto record = state_.key(slot, KeyStatus::active);
  if (!record && slot.group == identity_group)
    if (KeyPtr key = find_shared(slot)) return key;
  if (!record)
    throw Error(
        Code::not_found,
        fmt::format("{} has no certificate yet; remedy: edgesealctl csr {}, then edgesealctl certificate install",
                    slot.key_name(), slot.application));
  KeyPtr key = cached(record->id);
  if (key == nullptr) key = load(std::move(*record));
  if (!key->certificate_damage.empty()) throw Error(Code::security_checks_failed, key->certificate_damage);
  return key;
}

// An LDevID with the key of the IDevID.
KeyPtr KeyService::find_shared(const Slot& slot) {
  auto certificate = slot.certificate_type == ldevid_type ? shared_ldevid(state_) : std::nullopt;
  auto record = certificate ? state_.key(certificate->key_id) : std::nullopt;
  if (!record) return nullptr;
  record->slot = slot;
  const auto key = made_of(*std::move(record));
  key->certificate = std::move(certificate);
  key->certificate_damage.clear();
  return key;
}

KeyPtr KeyService::find(const KeyId& id) {
  if (KeyPtr key = cached(id)) return key;
  auto record = state_.key(id);
  if (!record)
    throw Error(
        Code::key_retired,
        fmt::format("this agent has no key {:.16}: it was deleted, or replaced and its grace time is over, or it "
                    "belongs to another device; remedy: load certificate and key again",
                    hexadecimal(id)));
  return load(std::move(*record));
}

// Whoever hears of a damaged list while it is read empties the cache.
GroupTrustPtr KeyService::trust_of(const Slot& slot) {
  const auto now = std::chrono::steady_clock::now();
  const dbus::GroupName group{slot.application, slot.group};
  const auto found = trust_cache_.find(group);
  if (found != trust_cache_.end() && now < found->second.until) return found->second.value;
  const auto application = state_.application(slot.application);
  auto trust = std::make_shared<GroupTrust>();
  if (application) *trust = {known_access(*application), anchors_of(*application, slot.group)};
  trust_cache_[group] = {trust, now + cache_lifetime};
  return trust;
}

TrustAnchors KeyService::anchors_of(const ApplicationRecord& application, const std::string& group) {
  const dbus::GroupName name{application.name, group};
  if (lists_.has_list(name)) return trust_anchors_of(lists_.store(name)->list());
  return trust_anchors_of(state_, application, group);
}

KeyPtr KeyService::load(KeyRecord record) {
  KeyPtr key = made_of(std::move(record));
  if (cache_.size() >= cache_limit) cache_.clear();
  cache_[key->id] = {key, std::chrono::steady_clock::now() + cache_lifetime};
  return key;
}

std::shared_ptr<Key> KeyService::made_of(KeyRecord record) {
  const auto application = state_.application(record.slot.application);
  auto key = std::make_shared<Key>();
  key->id = record.id;
  key->slot = record.slot;
  key->algorithm = record.algorithm;
  key->status = record.status;
  key->pss = pss_restriction(record.public_key);
  key->public_key = std::move(record.public_key);
  if (application) {
    key->access = known_access(*application);
    key->legacy = application->legacy;
  }
  add_certificate(*key);
  if (record.protection == KeyProtection::sealed)
    key->sealed = std::make_shared<SealedKey>(SealedKey{record.id, std::move(record.ciphertext),
                                                        std::move(record.tpm_object), std::move(record.next_object)});
  else
    key->stored = {record.id, std::move(record.tpm_object.tss_private_key), std::move(record.tpm_object.auth)};
  return key;
}

// The key is as good as it was, and is what a new certificate is proved with.
void KeyService::add_certificate(Key& key) {
  try {
    key.certificate = state_.certificate(key.id);
  } catch (const Error& error) {
    if (error.code() != Code::security_checks_failed) throw;
    key.certificate_damage = error.what();
  }
}

KeyPtr KeyService::cached(const KeyId& id) const {
  const auto found = cache_.find(id);
  return found != cache_.end() && std::chrono::steady_clock::now() < found->second.until ? found->second.value
                                                                                         : nullptr;
}

template <class Result>
Answer<Result> KeyService::counted(const Key& key, Answer<Result> answer) {
  if (key.status != KeyStatus::retired) return answer;
  return [this, id = key.id, answer = std::move(answer)](std::variant<Result, Error> outcome) {
    if (!std::holds_alternative<Error>(outcome)) retired_.used(id);
    answer(std::move(outcome));
  };
}

void KeyService::sign(const KeyPtr& key, const SignatureRequest& request, const TpmWorker::Ticket& ticket,
                      Answer<Bytes> answer) {
  require_fit(*key, request);
  if (key->pss) require_permitted(*key->pss, request, key->slot.key_name());
  answer = counted(*key, std::move(answer));
  if (key->sealed == nullptr) return tpm_.submit<Bytes>(ticket, sign_command(key, request), std::move(answer));
  const auto sign = [request](const SoftwareKey& opened) { return tpm::SecretBytes(opened.sign(request)); };
  sealed_.use(
      key->sealed, SealedKeys::Extent::once, sign, ticket, [answer](std::variant<tpm::SecretBytes, Error> signature) {
        proceed(answer, signature,
                [&](const tpm::SecretBytes& bytes) { answer(Bytes(bytes.view().begin(), bytes.view().end())); });
      });
}

void KeyService::decrypt(const KeyPtr& key, const DecryptionRequest& request, const TpmWorker::Ticket& ticket,
                         Answer<tpm::SecretBytes> answer) {
  require_fit(*key, request);
  if (key->pss)
    throw Error(Code::not_supported,
                fmt::format("{} is an RSASSA-PSS key: it signs, and decrypts nothing", key->slot.key_name()));
  answer = counted(*key, std::move(answer));
  if (key->sealed == nullptr)
    return std::make_shared<BlockwiseDecryption>(tpm_, key, request, rejection_seed_, ticket, std::move(answer))
        ->next();
  const auto open = [request, seed = rejection_seed_](const SoftwareKey& opened) {
    return decrypted(opened, request, seed);
  };
  sealed_.use(key->sealed, SealedKeys::Extent::repeatedly, open, ticket, std::move(answer));
}

void KeyService::export_tss_private_key(const KeyPtr& key, tpm::SecretBytes passphrase, Answer<Bytes> answer) {
  if (key->sealed != nullptr)
    throw Error(Code::not_supported,
                fmt::format("{} is a sealed key: only the agent can open it", key->slot.key_name()));
  const auto auth = std::make_shared<tpm::SecretBytes>(std::move(passphrase));
  tpm_.submit<Bytes>(
      {TpmWorker::Priority::create},
      [key, auth](tpm::KeyDevice& device) { return device.export_key(key->stored, *auth); }, std::move(answer));
}

void KeyService::forget_cached() {
  cache_.clear();
  trust_cache_.clear();
}

void KeyService::evict(const KeyId& id) {
  cache_.erase(id);
  sealed_.forget(id);
  tpm_.submit_quietly([id](tpm::KeyDevice& device) { device.evict(id); });
}

}  // namespace edgeseal::agent
