#include "agent/keys/sealed_keys.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/keys/key_import.h"
#include "agent/keys/sealed_envelope.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_waiting = 1024;                                            // uses, for one key to be opened
constexpr std::size_t full = secret_memory::capacity - secret_memory::capacity / 4;  // room is made beyond
constexpr std::uint64_t own_work = TpmWorker::own_work;                              // of both workers

using Effort = SoftwareWorker::Effort;

// A key whose AES key the TPM does not have yet.
struct Enveloped {
  NewSealedKey key;
  secret_memory::Buffer secret{envelope_key_size};
};
using EnvelopedPtr = std::shared_ptr<Enveloped>;

// `std::function` wants to be copied.
std::function<SoftwareKey()> parser(tpm::SecretBytes encoded, tpm::SecretBytes passphrase) {
  return [encoded = std::make_shared<tpm::SecretBytes>(std::move(encoded)),
          passphrase = std::make_shared<tpm::SecretBytes>(std::move(passphrase))] {
    return parse_private_key(encoded->view(), passphrase->view());
  };
}

EnvelopedPtr envelop(const SoftwareKey& key) {
  auto enveloped = std::make_shared<Enveloped>();
  const std::span<std::byte> secret = enveloped->secret.span();
  require_openssl(RAND_priv_bytes(out_octets(secret), static_cast<int>(secret.size())) == 1, "RAND_priv_bytes");
  enveloped->key.public_key = key.public_key();
  enveloped->key.algorithm = key.algorithm();
  SealedKey& sealed = enveloped->key.sealed;
  sealed.id = key_id(enveloped->key.public_key);
  key.with_pkcs8([&](ByteView encoded) { sealed.ciphertext = seal_envelope(secret, sealed.id, encoded); });
  return enveloped;
}

Effort effort_of(const SoftwareKey& key, SealedKeys::Extent extent) {
  if (extent == SealedKeys::Extent::repeatedly) return Effort::large;
  switch (key.algorithm()) {
    case tpm::KeyAlgorithm::ec_p256:
    case tpm::KeyAlgorithm::ed25519: return Effort::small;
    case tpm::KeyAlgorithm::rsa_2048: return Effort::medium;
    default: return Effort::large;
  }
}

struct Unsealed {
  tpm::SecretBytes secret;
  bool by_next = false;
};

Unsealed unseal(tpm::KeyDevice& device, const SealedKey& key) {
  try {
    return {device.unseal(key.secret)};
  } catch (const tpm::Error& error) {
    if (error.fault() != tpm::Fault::pcr_mismatch || !key.next_secret) throw;
  }
  return {device.unseal(*key.next_secret), true};
}

std::shared_ptr<const SoftwareKey> decrypt(ByteView secret, const SealedKey& sealed) {
  std::shared_ptr<const SoftwareKey> key;
  open_envelope(secret, sealed.id, sealed.ciphertext, [&key](ByteView encoded) {
    key = std::make_shared<const SoftwareKey>(SoftwareKey::from_pkcs8(encoded));
  });
  return key;
}

}  // namespace

SealedKeys::SealedKeys(EventLoop& loop, TpmWorker& tpm, SoftwareWorker& software, const Settings& settings)
    : loop_(loop), tpm_(tpm), software_(software), settings_(settings) {
  timer_ = loop_.add_timer([this] { drop_idle(); });
}

void SealedKeys::create(tpm::KeyAlgorithm algorithm, RsaUse rsa_use, const std::optional<tpm::PcrPolicy>& policy,
                        Bytes entropy, Answer<std::shared_ptr<NewSealedKey>> answer) {
  const auto make = [algorithm, rsa_use, entropy = std::move(entropy)] {
    if (!entropy.empty()) RAND_add(entropy.data(), static_cast<int>(entropy.size()), 0);
    return SoftwareKey::generate(algorithm, rsa_use);
  };
  make_sealed(make, policy, std::move(answer));
}

void SealedKeys::import_key(tpm::SecretBytes encoded, tpm::SecretBytes passphrase,
                            const std::optional<tpm::PcrPolicy>& policy, Answer<std::shared_ptr<NewSealedKey>> answer) {
  make_sealed(parser(std::move(encoded), std::move(passphrase)), policy, std::move(answer));
}

void SealedKeys::parse(tpm::SecretBytes encoded, tpm::SecretBytes passphrase,
                       Answer<std::shared_ptr<ImportableKey>> answer) {
  using Result = std::shared_ptr<ImportableKey>;
  const auto work = [parse = parser(std::move(encoded), std::move(passphrase))] {
    const SoftwareKey key = parse();
    auto parts = key.parts();
    if (!parts) throw Error(Code::not_supported, "no TPM takes Ed25519 keys; remedy: import it as a sealed key");
    return std::make_shared<ImportableKey>(ImportableKey{*std::move(parts), key.public_key()});
  };
  software_.submit<Result>(own_work, Effort::large, work, std::move(answer));
}

void SealedKeys::make_sealed(std::function<SoftwareKey()> make, const std::optional<tpm::PcrPolicy>& policy,
                             Answer<std::shared_ptr<NewSealedKey>> answer) {
  const auto seal = [this, policy, answer = std::move(answer)](std::variant<EnvelopedPtr, Error> outcome) {
    proceed(answer, outcome, [&](const EnvelopedPtr& enveloped) {
      tpm_.submit<tpm::SealedSecret>(
          own_ticket,
          [enveloped, policy](tpm::KeyDevice& device) { return device.seal(enveloped->secret.view(), policy); },
          [enveloped, answer](std::variant<tpm::SealedSecret, Error> sealed) {
            proceed(answer, sealed, [&](tpm::SealedSecret& secret) {
              enveloped->key.sealed.secret = std::move(secret);
              answer(std::make_shared<NewSealedKey>(std::move(enveloped->key)));
            });
          });
    });
  };
  software_.submit<EnvelopedPtr>(
      own_work, Effort::large, [make = std::move(make)] { return envelop(make()); }, seal);
}

void SealedKeys::reseal(const std::shared_ptr<const SealedKey>& key, const std::optional<tpm::PcrPolicy>& policy,
                        Answer<std::shared_ptr<Resealed>> answer) {
  using Result = std::shared_ptr<Resealed>;
  const auto work = [key, policy](tpm::KeyDevice& device) {
    const Unsealed unsealed = unseal(device, *key);
    return std::make_shared<Resealed>(Resealed{device.seal(unsealed.secret.view(), policy), unsealed.by_next});
  };
  tpm_.submit<Result>(own_ticket, work, std::move(answer));
}

void SealedKeys::use(const std::shared_ptr<const SealedKey>& key, Extent extent, Operation operation,
                     const TpmWorker::Ticket& ticket, Answer<tpm::SecretBytes> answer) {
  Use use{extent, std::move(operation), ticket.client, loop_.now() + ticket.time_limit, std::move(answer)};
  const auto found = entries_.find(key->id);
  if (found == entries_.end()) return open(key, std::move(use), ticket);
  Entry& entry = found->second;
  if (entry.opening == nullptr) {
    entry.last_use = loop_.now();
    return submit(entry.key, std::move(use));
  }
  if (entry.opening->waiting.size() >= max_waiting)
    throw Error(Code::busy,
                fmt::format("{} requests wait for this key to be opened already; try again later", max_waiting));
  entry.opening->waiting.push_back(std::move(use));
}

void SealedKeys::open(const SealedKeyPtr& key, Use use, TpmWorker::Ticket ticket) {
  using Secret = std::shared_ptr<tpm::SecretBytes>;
  const auto opening = std::make_shared<Opening>();
  opening->id = key->id;
  const Answer<OpenedPtr> opened = [this, opening](std::variant<OpenedPtr, Error> outcome) {
    finish(opening, std::move(outcome));
  };
  ticket.priority = TpmWorker::Priority::seal;
  tpm_.submit<Secret>(
      ticket, [key](tpm::KeyDevice& device) { return std::make_shared<tpm::SecretBytes>(unseal(device, *key).secret); },
      [this, key, client = ticket.client, opened](std::variant<Secret, Error> outcome) {
        proceed(opened, outcome, [&](Secret& secret) {
          software_.submit<OpenedPtr>(
              client, Effort::medium, [key, secret = std::move(secret)] { return decrypt(secret->view(), *key); },
              opened);
        });
      });
  opening->waiting.push_back(std::move(use));
  entries_[key->id].opening = opening;
}

// The key may have been forgotten meanwhile: those who waited are answered all the same.
void SealedKeys::finish(const OpeningPtr& opening, std::variant<OpenedPtr, Error> outcome) {
  const auto found = entries_.find(opening->id);
  const bool wanted = found != entries_.end() && found->second.opening == opening;
  const auto* const error = std::get_if<Error>(&outcome);
  if (wanted && (error != nullptr || settings_.idle == std::chrono::milliseconds(0)))
    entries_.erase(found);
  else if (wanted)
    keep(found->second, std::get<OpenedPtr>(outcome));
  for (Use& use : opening->waiting) {
    if (error != nullptr)
      use.answer(*error);
    else
      submit(std::get<OpenedPtr>(outcome), std::move(use));
  }
}

void SealedKeys::keep(Entry& entry, const OpenedPtr& key) {
  entry = {key, nullptr, loop_.now()};
  while (opened() > settings_.opened || (secret_memory::in_use() > full && opened() > 1))
    entries_.erase(least_recently_used());
  arm_timer();
}

void SealedKeys::submit(const OpenedPtr& key, Use use) {
  if (use.deadline < loop_.now())
    return use.answer(Error(Code::busy, "the key could not be opened within the time limit; try again later"));
  proceed(use.answer, [&] {
    software_.submit<tpm::SecretBytes>(
        use.client, effort_of(*key, use.extent),
        [key, operation = std::move(use.operation)] { return operation(*key); }, use.answer);
  });
}

void SealedKeys::drop_idle() {
  armed_ = false;
  const auto now = loop_.now();
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.key != nullptr && entry.second.last_use + settings_.idle <= now;
  });
  arm_timer();
}

// Once for all of them: it finds out then who was used meanwhile.
void SealedKeys::arm_timer() {
  const auto next = least_recently_used();
  if (armed_ || next == entries_.end()) return;
  timer_.set_time(next->second.last_use + settings_.idle);
  armed_ = true;
}

SealedKeys::Entries::iterator SealedKeys::least_recently_used() {
  auto found = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
    if (entry->second.key != nullptr && (found == entries_.end() || entry->second.last_use < found->second.last_use))
      found = entry;
  return found;
}

void SealedKeys::forget(const KeyId& id) {
  entries_.erase(id);
}

std::size_t SealedKeys::opened() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [](const auto& entry) { return entry.second.key != nullptr; }));
}

}  // namespace edgeseal::agent
