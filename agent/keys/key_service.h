#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/keys/key_operation.h"
#include "agent/keys/pss_key.h"
#include "agent/keys/retired_keys.h"
#include "agent/keys/sealed_keys.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_anchors.h"
#include "dbus/ports.h"
#include "policy/access_rule.h"

namespace edgeseal::agent {

class TrustLists;

// A key with all that its use needs. Immutable: a change in the state makes a new one.
struct Key {
  KeyId id{};  // the SHA-256 of public_key
  Slot slot;
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::ec_p256;
  KeyStatus status = KeyStatus::pending;
  Bytes public_key;                   // DER SubjectPublicKeyInfo
  std::optional<PssRestriction> pss;  // of an RSASSA-PSS key
  std::vector<policy::AccessRule> access;
  std::vector<std::string> legacy;  // ApplicationRecord::legacy
  std::optional<CertificateRecord> certificate;
  std::string certificate_damage;           // why there is none although it was installed; empty: nothing is wrong
  tpm::StoredKey stored;                    // of a `tpm` key
  std::shared_ptr<const SealedKey> sealed;  // of a `sealed` key, else null
};
using KeyPtr = std::shared_ptr<const Key>;

// What a certificate group trusts, and who may know.
struct GroupTrust {
  std::vector<policy::AccessRule> access;
  TrustAnchors anchors;
};
using GroupTrustPtr = std::shared_ptr<const GroupTrust>;

// Finds keys and uses them. Lives in the loop's thread; TPM commands run in the worker's, opened keys in those of the
// SoftwareWorker.
class KeyService {
 public:
  // `lists`: what groups trust that were given a list.
  KeyService(State& state, TpmWorker& tpm, SealedKeys& sealed, RetiredKeys& retired, TrustLists& lists);

  // The active key that a name stands for, as resolve_slot() says. Throws Error{not_found}, saying what is missing, and
  // Error{security_checks_failed} where its certificate was damaged.
  [[nodiscard]] KeyPtr find(std::string_view name);
  // Any key, a pending or retired one too. Throws Error{key_retired} where there is none (any more).
  [[nodiscard]] KeyPtr find(const KeyId& id);
  // Of the group of a slot, which need not have a certificate. Throws Error{tpm_unavailable} while its trust list can't
  // be checked.
  [[nodiscard]] GroupTrustPtr trust_of(const Slot& slot);
  [[nodiscard]] Slot resolve(std::string_view name);

  // The signature as X.509 and TLS carry it. Exactly one TPM command when a `tpm` key is loaded, none when a `sealed`
  // key is opened. Throws or answers Error{not_supported} when key and scheme do not fit, or policy forbids it.
  void sign(const KeyPtr& key, const SignatureRequest& request, const TpmWorker::Ticket& ticket, Answer<Bytes> answer);

  // The plaintexts of the blocks, in a row; one TPM command for each with a `tpm` key. Throws or answers
  // Error{not_supported} as sign() does, Error{decryption_failed} without a reason for whatever is wrong with OAEP.
  void decrypt(const KeyPtr& key, const DecryptionRequest& request, const TpmWorker::Ticket& ticket,
               Answer<tpm::SecretBytes> answer);

  // A `tpm` key as a TSSPRIVKEY (DER) with an authorisation of its own, empty for none; usable on this TPM only. Throws
  // or answers Error{not_supported} for a `sealed` key.
  void export_tss_private_key(const KeyPtr& key, tpm::SecretBytes passphrase, Answer<Bytes> answer);

  // To be called after every change of applications, keys, certificates or trust lists in the state.
  void forget_cached();
  // Unloads, or drops, a key that the state does not have any more.
  void evict(const KeyId& id);

 private:
  [[nodiscard]] KeyPtr find_shared(const Slot& slot);
  [[nodiscard]] KeyPtr load(KeyRecord record);
  [[nodiscard]] std::shared_ptr<Key> made_of(KeyRecord record);
  void add_certificate(Key& key);
  [[nodiscard]] TrustAnchors anchors_of(const ApplicationRecord& application, const std::string& group);
  [[nodiscard]] KeyPtr cached(const KeyId& id) const;
  // The answer, which also prolongs the life of a retired key.
  template <class Result>
  [[nodiscard]] Answer<Result> counted(const Key& key, Answer<Result> answer);

  template <class Value>
  struct Cached {
    std::shared_ptr<const Value> value;
    std::chrono::steady_clock::time_point until;
  };
  static constexpr std::chrono::minutes cache_lifetime{1};  // accounts that access rules name come and go
  static constexpr std::size_t cache_limit = 4096;          // keys; about 1 KiB each

  State& state_;
  TpmWorker& tpm_;
  SealedKeys& sealed_;
  RetiredKeys& retired_;
  TrustLists& lists_;
  std::shared_ptr<const tpm::SecretBytes> rejection_seed_;
  std::map<KeyId, Cached<Key>> cache_;
  std::map<dbus::GroupName, Cached<GroupTrust>> trust_cache_;
};

// The slot that a key name stands for: "web/https/https"; an empty or absent part stands for the first one that there
// is, as in "web", "web/https" and "web//tls-client". Throws Error{not_found}, saying what is missing.
[[nodiscard]] Slot resolve_slot(State& state, std::string_view name);

}  // namespace edgeseal::agent
