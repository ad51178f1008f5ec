#include "agent/keys/key_maker.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <algorithm>

#include "agent/journal.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/public_key.h"

namespace edgeseal::agent {

namespace {

using Created = std::shared_ptr<tpm::CreatedKey>;
using CreatedSealed = std::shared_ptr<NewSealedKey>;

constexpr TpmWorker::Ticket creation{TpmWorker::Priority::create, TpmWorker::own_work, key_creation_time_limit};
constexpr std::string_view tss2_label = "TSS2 PRIVATE KEY";
constexpr std::string_view tss2_begin = "-----BEGIN TSS2 PRIVATE KEY-----";

// A TPM that has not been opened yet is asked by the creation itself.
bool is_offered(const tpm::TpmFacts& facts, tpm::KeyAlgorithm algorithm) {
  const auto& offered = facts.key_algorithms;
  return offered.empty() || std::ranges::find(offered, algorithm) != offered.end();
}

// Told before the queue, in words.
void require_offered(const tpm::TpmFacts& facts, tpm::KeyAlgorithm algorithm) {
  if (is_offered(facts, algorithm)) return;
  std::vector<std::string_view> names;
  for (const tpm::KeyAlgorithm candidate : facts.key_algorithms) names.push_back(algorithm_name(candidate));
  throw Error(Code::not_supported,
              fmt::format("this TPM makes no {0} keys, it offers {1}; declare the slot with {0},sealed to have a "
                          "software key that is sealed to the TPM",
                          algorithm_name(algorithm), fmt::join(names, ", ")));
}

void require_taken(const KeyRecord& key) {
  const RsaUse use = pss_restriction(key.public_key) ? RsaUse::pss : RsaUse::any;
  if (takes(key.slot, key.algorithm, use)) return;
  throw Error(Code::not_supported,
              fmt::format("certificate type {} takes no {} key{}", key.slot.certificate_type,
                          algorithm_name(key.algorithm), use == RsaUse::pss ? " that signs with PSS only" : ""));
}

bool is_tss2(const OutsideKey& key) {
  return key.format == "TSS2" ||
         (key.format.empty() && jose::text_of(key.encoded.view()).find(tss2_begin) != std::string_view::npos);
}

// libcrypto would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*argument*/) {
  return -1;
}

// The DER of a TSSPRIVKEY file, which may be PEM. No secret by itself: only this TPM can use it.
Bytes tss2_der(ByteView file) {
  if (jose::text_of(file).find(tss2_begin) == std::string_view::npos) return {file.begin(), file.end()};
  const BioPtr bio(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_bytes_read_bio(&data, &size, nullptr, tss2_label.data(), bio.get(), no_passphrase, nullptr) != 1)
    throw Error(Code::invalid_argument, fmt::format("the key cannot be read as PEM: {}", openssl_reason()));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  Bytes der(bytes, bytes + size);
  OPENSSL_free(data);
  return der;
}

tpm::KeyAlgorithm algorithm_of(ByteView subject_public_key_info) {
  const auto algorithm = agent::algorithm_of(*parse_public_key(subject_public_key_info));
  if (!algorithm) throw Error(Code::not_supported, "this kind of key is not kept by the agent");
  return *algorithm;
}

KeyRecord new_record(const Slot& slot, Bytes public_key) {
  KeyRecord record;
  record.id = key_id(public_key);
  record.slot = slot;
  record.algorithm = algorithm_of(public_key);
  record.public_key = std::move(public_key);
  return record;
}

void require_expected(const Bytes& expected, const Bytes& public_key) {
  if (!expected.empty() && expected != public_key)
    throw Error(Code::security_checks_failed, "the certificate is for another key than the one that came with it");
}

void tell_of_lockout(const Slot& slot) {
  log(Level::warning, Event::key_not_exempt,
      fmt::format(
          "the key that another program made for {} is not exempt from the lockout of the TPM: while others have "
          "guessed too often, it cannot be used; remedy: replace it by a key that is made here, edgesealctl csr "
          "--new-key",
          slot.key_name()),
      {{"KEY", slot.key_name()}});
}

// What the TPM does not take of a caller's key is the caller's mistake.
template <class Take>
Created taken(const Take& take) {
  try {
    return std::make_shared<tpm::CreatedKey>(take());
  } catch (const tpm::Error& error) {
    if (error.fault() != tpm::Fault::bad_blob) throw;
    throw Error(Code::invalid_argument, error.what());
  }
}

// What the TPM makes and keeps is an RSA key; that it signs with PSS only is said, and seen to, outside.
KeyRecord tpm_record(const Slot& slot, Bytes public_key, tpm::SealedSecret object, RsaUse rsa_use) {
  KeyRecord record = new_record(slot, rsa_use == RsaUse::pss ? as_pss_key(public_key) : std::move(public_key));
  record.tpm_object = std::move(object);
  return record;
}

tpm::SealedSecret object_of(tpm::CreatedKey& created) {
  return {std::move(created.tss_private_key), std::move(created.auth)};
}

KeyRecord sealed_record(const Slot& slot, NewSealedKey& made) {
  KeyRecord record = new_record(slot, std::move(made.public_key));
  record.protection = KeyProtection::sealed;
  record.tpm_object = std::move(made.sealed.secret);
  record.ciphertext = std::move(made.sealed.ciphertext);
  return record;
}

}  // namespace

bool KeyMaker::offers(const KeyDeclaration& declaration) const {
  return declaration.protection == KeyProtection::sealed || is_offered(tpm_.state().facts, declaration.algorithm);
}

void KeyMaker::create(const Slot& slot, const KeyDeclaration& declaration, Bytes entropy, Answer<KeyPtr> answer) {
  if (declaration.protection == KeyProtection::sealed)
    create_sealed(slot, declaration, std::move(entropy), std::move(answer));
  else
    create_in_tpm(slot, declaration, std::move(entropy), std::move(answer));
}

// What others contribute to a key must go into it: then none that was made ahead will do.
void KeyMaker::create_in_tpm(const Slot& slot, const KeyDeclaration& declaration, Bytes entropy,
                             Answer<KeyPtr> answer) {
  require_offered(tpm_.state().facts, declaration.algorithm);
  if (auto spare = entropy.empty() ? spares_.take(declaration) : std::nullopt) {
    spares_.refill();
    return answer(
        store(tpm_record(slot, std::move(spare->public_key), std::move(spare->tpm_object), declaration.rsa_use)));
  }
  const auto make = [declaration, policy = policies_.policy(declaration.pcrs),
                     entropy = std::move(entropy)](tpm::KeyDevice& device) {
    if (!entropy.empty()) device.stir_random(entropy);
    return std::make_shared<tpm::CreatedKey>(device.create(declaration.algorithm, policy));
  };
  tpm_.submit<Created>(creation, make, [this, slot, declaration, answer](std::variant<Created, Error> result) {
    proceed(answer, result, [&](const Created& created) {
      KeyRecord record =
          tpm_record(slot, subject_public_key_info(created->public_key), object_of(*created), declaration.rsa_use);
      record.pcrs = declaration.pcrs;
      record.policy = policies_.kind(declaration.pcrs);
      answer(store(std::move(record)));
      spares_.refill();
    });
  });
}

void KeyMaker::create_sealed(const Slot& slot, const KeyDeclaration& declaration, Bytes entropy,
                             Answer<KeyPtr> answer) {
  sealed_.create(declaration.algorithm, declaration.rsa_use, policies_.policy(declaration.pcrs), std::move(entropy),
                 [this, slot, declaration, answer](std::variant<CreatedSealed, Error> result) {
                   proceed(answer, result, [&](const CreatedSealed& made) {
                     KeyRecord record = sealed_record(slot, *made);
                     record.pcrs = declaration.pcrs;
                     record.policy = policies_.kind(declaration.pcrs);
                     answer(store(std::move(record)));
                   });
                 });
}

void KeyMaker::import_key(const Slot& slot, const KeyDeclaration& declaration, OutsideKey key, Answer<KeyPtr> answer) {
  if (!key.format.empty() && std::ranges::find(private_key_formats, key.format) == private_key_formats.end())
    throw Error(Code::not_supported, fmt::format("private key format \"{:.32}\" is not known: choose one of {}",
                                                 key.format, fmt::join(private_key_formats, ", ")));
  if (is_tss2(key)) return adopt(slot, declaration, std::move(key), std::move(answer));
  if (key.protection.value_or(declaration.protection) == KeyProtection::sealed)
    return import_sealed(slot, declaration, std::move(key), std::move(answer));
  if (declaration.pcrs != 0)
    throw Error(Code::not_supported,
                "a key from outside is not bound to PCRs inside the TPM; import it as sealed, or have a new key made");
  import_into_tpm(slot, std::move(key), std::move(answer));
}

void KeyMaker::import_sealed(const Slot& slot, const KeyDeclaration& declaration, OutsideKey key,
                             Answer<KeyPtr> answer) {
  sealed_.import_key(
      std::move(key.encoded), std::move(key.passphrase), policies_.policy(declaration.pcrs),
      [this, slot, declaration, expected = key.public_key, answer](std::variant<CreatedSealed, Error> result) {
        proceed(answer, result, [&](const CreatedSealed& made) {
          require_expected(expected, made->public_key);
          KeyRecord record = sealed_record(slot, *made);
          record.exposed = true;
          record.pcrs = declaration.pcrs;
          record.policy = policies_.kind(declaration.pcrs);
          answer(store(std::move(record)));
        });
      });
}

Answer<Created> KeyMaker::store_imported(const Slot& slot, const Bytes& expected, const Bytes& public_key,
                                         Answer<KeyPtr> answer) {
  return [this, slot, expected, public_key, answer = std::move(answer)](std::variant<Created, Error> result) {
    proceed(answer, result, [&](const Created& created) {
      KeyRecord record =
          tpm_record(slot, public_key.empty() ? subject_public_key_info(created->public_key) : public_key,
                     object_of(*created), RsaUse::any);
      require_expected(expected, record.public_key);
      record.exposed = true;
      KeyPtr stored = store(std::move(record));
      if (!created->exempt_from_lockout) tell_of_lockout(slot);
      answer(std::move(stored));
    });
  };
}

void KeyMaker::import_into_tpm(const Slot& slot, OutsideKey key, Answer<KeyPtr> answer) {
  using Importable = std::shared_ptr<ImportableKey>;
  sealed_.parse(std::move(key.encoded), std::move(key.passphrase),
                [this, slot, expected = std::move(key.public_key), answer](std::variant<Importable, Error> result) {
                  proceed(answer, result, [&](const Importable& read) {
                    const auto import = [read](tpm::KeyDevice& device) {
                      return taken([&] { return device.import_key(read->parts); });
                    };
                    tpm_.submit<Created>(creation, import, store_imported(slot, expected, read->public_key, answer));
                  });
                });
}

void KeyMaker::adopt(const Slot& slot, const KeyDeclaration& declaration, OutsideKey key, Answer<KeyPtr> answer) {
  if (key.protection.value_or(declaration.protection) == KeyProtection::sealed)
    throw Error(Code::not_supported, "a TSS2 key lives in the TPM and cannot be kept as sealed");
  if (declaration.pcrs != 0)
    throw Error(Code::not_supported, "a TSS2 key is not bound to the PCRs that the slot declares; have a new key made");
  const auto passphrase = std::make_shared<tpm::SecretBytes>(std::move(key.passphrase));
  const auto adopt = [der = tss2_der(key.encoded.view()), passphrase](tpm::KeyDevice& device) {
    return taken([&] { return device.adopt(der, *passphrase); });
  };
  tpm_.submit<Created>(creation, adopt, store_imported(slot, key.public_key, {}, std::move(answer)));
}

KeyPtr KeyMaker::store(KeyRecord record) {
  require_taken(record);
  if (const auto known = state_.key(record.id);
      known && (known->slot != record.slot || known->status != KeyStatus::pending))
    throw Error(Code::entry_exists,
                fmt::format("this key is kept already, for {}; one key serves one slot", known->slot.key_name()));
  const auto replaced = state_.key(record.slot, KeyStatus::pending);
  state_.put_pending_key(record);
  if (replaced) keys_.evict(replaced->id);
  log(Level::notice, Event::key_created,
      fmt::format("{} {} key ({}) for {}", record.exposed ? "imported" : "new", algorithm_name(record.algorithm),
                  protection_name(record.protection), record.slot.key_name()),
      {{"KEY", record.slot.key_name()},
       {"KEY_ID", hexadecimal(record.id)},
       {"KEY_PROTECTION", protection_name(record.protection)}});
  return keys_.find(record.id);
}

}  // namespace edgeseal::agent
