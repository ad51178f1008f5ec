#include "agent/key_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/access.h"
#include "agent/journal.h"
#include "agent/public_key.h"
#include "agent/signature_encoding.h"

namespace edgeseal::agent {

namespace {

using wire::SignatureScheme;
using Sign = std::function<Bytes(tpm::KeyDevice&)>;

constexpr std::chrono::minutes creation_time_limit{3};  // RSA keys take a minute on slow chips

Bytes left_padded(ByteView block, std::size_t size) {
  Bytes padded(size - std::min(size, block.size()));
  padded.insert(padded.end(), block.begin(), block.end());
  return padded;
}

void require_fit(const Key& key, const SignatureRequest& request) {
  const bool rsa_key = modulus_bits(key.algorithm).has_value();
  if (rsa_key == (request.scheme == SignatureScheme::ecdsa))
    throw Error(Code::not_supported, fmt::format("{} is an {} key and cannot sign with that scheme",
                                                 key.slot.key_name(), algorithm_name(key.algorithm)));
  if (request.hash == tpm::HashAlgorithm::sha1)
    throw Error(Code::not_supported, "signatures over SHA-1 are refused: use SHA-256, SHA-384 or SHA-512");
  if (request.digest.size() != digest_size(request.hash))
    throw Error(Code::invalid_argument, "the digest does not have the length of the hash algorithm");
}

// Told before the queue, in words; a TPM that has not been opened yet is asked by the creation itself.
void require_offered(const tpm::TpmFacts& facts, tpm::KeyAlgorithm algorithm) {
  const auto& offered = facts.key_algorithms;
  if (offered.empty() || std::ranges::find(offered, algorithm) != offered.end()) return;
  std::vector<std::string_view> names;
  for (const tpm::KeyAlgorithm candidate : offered) names.push_back(algorithm_name(candidate));
  throw Error(Code::not_supported, fmt::format("this TPM makes no {} keys; it offers {}", algorithm_name(algorithm),
                                               fmt::join(names, ", ")));
}

// The one TPM command of a signature.
Sign sign_command(const KeyPtr& key, const SignatureRequest& request) {
  const auto bits = modulus_bits(key->algorithm);
  switch (request.scheme) {
    case SignatureScheme::ecdsa:
      return [key, request](tpm::KeyDevice& device) {
        return encode_ecdsa(device.sign_ecdsa(key->stored, request.hash, request.digest));
      };
    case SignatureScheme::rsa_pkcs1:
      return [key, request, bits](tpm::KeyDevice& device) {
        return left_padded(device.sign_rsa_pkcs1(key->stored, request.hash, request.digest), *bits / 8);
      };
    case SignatureScheme::rsa_pss:
      return [key, bits,
              block = encode_pss(request.hash, request.digest, request.salt_length, *bits)](tpm::KeyDevice& device) {
        return left_padded(device.rsa_private(key->stored, block).view(), *bits / 8);
      };
    case SignatureScheme::ed25519: break;
  }
  throw Error(Code::not_supported, "unknown signature scheme");
}

}  // namespace

Slot resolve_slot(State& state, std::string_view name) {
  const auto slash = name.find('/');
  const std::string application(name.substr(0, slash));
  const auto record = state.application(application);
  if (!record)
    throw Error(Code::not_found,
                fmt::format("there is no application \"{}\"; see edgesealctl application list", application));
  const std::string_view rest = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
  const auto fits = [&](const SlotDeclaration& slot) {
    return rest.empty() || rest == slot.group || rest == slot.group + "/" + slot.certificate_type;
  };
  const auto found = std::ranges::find_if(record->slots, fits);
  if (found == record->slots.end())
    throw Error(Code::not_found, fmt::format("application {} has no slot \"{}\"; see edgesealctl application show {}",
                                             application, rest, application));
  return {application, found->group, found->certificate_type};
}

KeyPtr KeyService::find(std::string_view name) {
  const Slot slot = resolve_slot(state_, name);
  const auto record = state_.key(slot, KeyStatus::active);
  if (!record)
    throw Error(
        Code::not_found,
        fmt::format("{} has no certificate yet; remedy: edgesealctl csr {}, then edgesealctl certificate install",
                    slot.key_name(), slot.application));
  const KeyPtr key = cached(record->id);
  return key != nullptr ? key : load(*record);
}

KeyPtr KeyService::find(const KeyId& id) {
  if (KeyPtr key = cached(id)) return key;
  const auto record = state_.key(id);
  if (!record)
    throw Error(
        Code::key_retired,
        fmt::format("this agent has no key {:.16}: it was deleted, or replaced and its grace time is over, or it "
                    "belongs to another device; remedy: load certificate and key again",
                    hexadecimal(id)));
  return load(*record);
}

KeyPtr KeyService::load(const KeyRecord& record) {
  const auto application = state_.application(record.slot.application);
  auto key = std::make_shared<Key>();
  key->slot = record.slot;
  key->algorithm = record.algorithm;
  key->status = record.status;
  key->public_key = record.public_key;
  if (application) key->access = known_access(*application);
  key->certificate = state_.certificate(record.id);
  key->stored = {record.id, record.tss_private_key, tpm::SecretBytes(record.auth.view())};
  if (cache_.size() >= cache_limit) cache_.clear();
  cache_[record.id] = {key, std::chrono::steady_clock::now() + cache_lifetime};
  return key;
}

KeyPtr KeyService::cached(const KeyId& id) const {
  const auto found = cache_.find(id);
  return found != cache_.end() && std::chrono::steady_clock::now() < found->second.until ? found->second.key : nullptr;
}

void KeyService::sign(const KeyPtr& key, const SignatureRequest& request, const TpmWorker::Ticket& ticket,
                      Answer<Bytes> answer) {
  require_fit(*key, request);
  worker_.submit<Bytes>(ticket, sign_command(key, request), std::move(answer));
}

void KeyService::create(const Slot& slot, tpm::KeyAlgorithm algorithm, Bytes entropy, Answer<KeyPtr> answer) {
  require_offered(worker_.state().facts, algorithm);
  using Created = std::shared_ptr<tpm::CreatedKey>;
  const auto store = [this, slot, algorithm, answer](std::variant<Created, Error> result) {
    proceed(answer, result, [&](const Created& created) {
      const Bytes public_key = subject_public_key_info(created->public_key);
      const KeyRecord record{key_id(public_key),      slot,       algorithm,
                             KeyStatus::pending,      public_key, std::move(created->tss_private_key),
                             std::move(created->auth)};
      const auto replaced = state_.key(slot, KeyStatus::pending);
      state_.put_pending_key(record);
      if (replaced) evict(replaced->id);
      log(Level::notice, Event::key_created,
          fmt::format("new {} key for {}", algorithm_name(algorithm), slot.key_name()),
          {{"KEY", slot.key_name()}, {"KEY_ID", hexadecimal(record.id)}});
      answer(load(record));
    });
  };
  const auto make = [algorithm, entropy = std::move(entropy)](tpm::KeyDevice& device) {
    if (!entropy.empty()) device.stir_random(entropy);
    return std::make_shared<tpm::CreatedKey>(device.create(algorithm));
  };
  worker_.submit<Created>({TpmWorker::Priority::create, 0, creation_time_limit}, make, store);
}

void KeyService::evict(const KeyId& id) {
  cache_.erase(id);
  worker_.submit_quietly([id](tpm::KeyDevice& device) { device.evict(id); });
}

}  // namespace edgeseal::agent
