#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/event_loop.h"
#include "agent/public_key.h"
#include "agent/software_key.h"
#include "agent/software_worker.h"
#include "agent/tpm_worker.h"

namespace edgeseal::agent {

// The stored form of a `sealed` key: its PKCS#8 encoding under AES-256-GCM, and the AES key sealed in the TPM. The id
// (SHA-256 of the SubjectPublicKeyInfo) is authenticated with it, so that no key can be put in the place of another.
struct SealedKey {
  KeyId id{};
  Bytes ciphertext;                              // version, nonce, encrypted PKCS#8, tag
  tpm::SealedSecret secret;                      // 32 bytes, one of its own for each key
  std::optional<tpm::SealedSecret> next_secret;  // the same, sealed for the PCRs that an update will bring
};

struct NewSealedKey {
  Bytes public_key;  // DER SubjectPublicKeyInfo
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::ec_p256;
  SealedKey sealed;
};

// Opens sealed keys, uses them, and drops them after a while. Loop's thread; the keys themselves stay in the threads of
// the SoftwareWorker.
class SealedKeys {
 public:
  struct Settings {
    std::chrono::milliseconds idle{std::chrono::minutes(15)};  // how long a key stays opened unused; 0: for one use
    std::size_t opened = 256;                                  // at most; the least recently used makes room
  };

  SealedKeys(EventLoop& loop, TpmWorker& tpm, SoftwareWorker& software, const Settings& settings);
  ~SealedKeys();

  // A new key, made in software; `entropy`, where there is some, is mixed in first.
  void create(tpm::KeyAlgorithm algorithm, const std::optional<tpm::PcrPolicy>& policy, Bytes entropy,
              Answer<std::shared_ptr<NewSealedKey>> answer);
  // A key from outside (see key_import.h for the forms). `encoded` and `passphrase` are wiped.
  void import_key(tpm::SecretBytes encoded, tpm::SecretBytes passphrase, const std::optional<tpm::PcrPolicy>& policy,
                  Answer<std::shared_ptr<NewSealedKey>> answer);
  // The same, for TPM2_Import. Throws or answers Error{not_supported} for Ed25519.
  void parse(tpm::SecretBytes encoded, tpm::SecretBytes passphrase, Answer<std::shared_ptr<tpm::PrivateKey>> answer);

  // Opens the key where it is not, by one unsealing for all who wait, and runs `operation` in a thread of the
  // SoftwareWorker. The ticket's client and time limit hold for both.
  void use(const std::shared_ptr<const SealedKey>& key, std::function<tpm::SecretBytes(const SoftwareKey&)> operation,
           const TpmWorker::Ticket& ticket, Answer<tpm::SecretBytes> answer);

  // The AES key sealed once more, for another policy; opens it by the present one.
  void reseal(const std::shared_ptr<const SealedKey>& key, const std::optional<tpm::PcrPolicy>& policy,
              Answer<std::shared_ptr<tpm::SealedSecret>> answer);

  void forget(const KeyId& id);  // drops the opened key
  [[nodiscard]] std::size_t opened() const;
};

}  // namespace edgeseal::agent
