#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/key_operation.h"
#include "agent/state.h"
#include "agent/tpm_worker.h"
#include "policy/access_rule.h"

namespace edgeseal::agent {

// A key with all that its use needs. Immutable: a change in the state makes a new one.
struct Key {
  Slot slot;
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::ec_p256;
  KeyStatus status = KeyStatus::pending;
  Bytes public_key;  // DER SubjectPublicKeyInfo
  std::vector<policy::AccessRule> access;
  std::optional<CertificateRecord> certificate;
  tpm::StoredKey stored;  // its id is the SHA-256 of public_key
};
using KeyPtr = std::shared_ptr<const Key>;

// Finds keys and uses them. Lives in the loop's thread; TPM commands run in the worker's.
class KeyService {
 public:
  KeyService(State& state, TpmWorker& worker) : state_(state), worker_(worker) {}

  // The active key that a name stands for: "web/https/https", "web/https" (the group's first slot) or "web" (the first
  // slot of the application). Throws Error{not_found}, saying what is missing.
  [[nodiscard]] KeyPtr find(std::string_view name);
  // Any key, a pending or retired one too. Throws Error{key_retired} where there is none (any more).
  [[nodiscard]] KeyPtr find(const KeyId& id);

  // The signature as X.509 and TLS carry it. Exactly one TPM command when the key is loaded. Throws or answers
  // Error{not_supported} when key and scheme do not fit.
  void sign(const KeyPtr& key, const SignatureRequest& request, const TpmWorker::Ticket& ticket, Answer<Bytes> answer);

  // Makes the slot's pending key, in place of an earlier one; `entropy`, where there is some, goes into the random
  // numbers of the TPM first (OPC 10000-12 §7.10.10, nonce).
  void create(const Slot& slot, tpm::KeyAlgorithm algorithm, Bytes entropy, Answer<KeyPtr> answer);

  // To be called after every change of applications, keys or certificates in the state.
  void forget_cached() { cache_.clear(); }
  // Unloads a key that the state does not have any more.
  void evict(const KeyId& id);

 private:
  [[nodiscard]] KeyPtr load(const KeyRecord& record);
  [[nodiscard]] KeyPtr cached(const KeyId& id) const;

  struct Cached {
    KeyPtr key;
    std::chrono::steady_clock::time_point until;
  };
  static constexpr std::chrono::minutes cache_lifetime{1};  // accounts that access rules name come and go
  static constexpr std::size_t cache_limit = 4096;          // keys; about 1 KiB each

  State& state_;
  TpmWorker& worker_;
  std::map<KeyId, Cached> cache_;
};

// The slot that a key name stands for. Throws Error{not_found}.
[[nodiscard]] Slot resolve_slot(State& state, std::string_view name);

}  // namespace edgeseal::agent
