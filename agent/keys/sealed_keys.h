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
#include "agent/keys/public_key.h"
#include "agent/keys/software_key.h"
#include "agent/keys/software_worker.h"
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

// What TPM2_Import takes of a key from outside, which may be an RSASSA-PSS key: its public part says so.
struct ImportableKey {
  tpm::PrivateKey parts;
  Bytes public_key;  // DER SubjectPublicKeyInfo
};

struct Resealed {
  tpm::SealedSecret secret;
  bool opened_by_next = false;  // SealedKey::next_secret is what the PCRs of now open, and must be kept
};

// Opens sealed keys, uses them, and drops them after a while. Loop's thread; the keys themselves are the
// SoftwareWorker's to touch. Both workers outlive it, and do not answer any more when it is gone.
class SealedKeys {
 public:
  struct Settings {
    std::chrono::milliseconds idle{std::chrono::minutes(15)};  // how long a key stays opened unused; 0: for one use
    std::size_t opened = 256;  // at most, and as far as the secret memory goes; the least recently used makes room
  };
  using Operation = std::function<tpm::SecretBytes(const SoftwareKey&)>;

  SealedKeys(EventLoop& loop, TpmWorker& tpm, SoftwareWorker& software, const Settings& settings);
  SealedKeys(const SealedKeys&) = delete;
  SealedKeys& operator=(const SealedKeys&) = delete;

  // A new key, made in software; `entropy`, where there is some, is mixed in first.
  void create(tpm::KeyAlgorithm algorithm, RsaUse rsa_use, const std::optional<tpm::PcrPolicy>& policy, Bytes entropy,
              Answer<std::shared_ptr<NewSealedKey>> answer);
  // A key from outside (see key_import.h for the forms). `encoded` and `passphrase` are wiped.
  void import_key(tpm::SecretBytes encoded, tpm::SecretBytes passphrase, const std::optional<tpm::PcrPolicy>& policy,
                  Answer<std::shared_ptr<NewSealedKey>> answer);
  // The same, for TPM2_Import. Answers Error{not_supported} for Ed25519.
  void parse(tpm::SecretBytes encoded, tpm::SecretBytes passphrase, Answer<std::shared_ptr<ImportableKey>> answer);

  // What an operation does with the key.
  enum class Extent { once, repeatedly };

  // Opens the key where it is not, by one unsealing for all who wait, and lets the SoftwareWorker do the operation. The
  // ticket's client and time limit hold for both; who comes while the key is being opened shares the outcome of that.
  void use(const std::shared_ptr<const SealedKey>& key, Extent extent, Operation operation,
           const TpmWorker::Ticket& ticket, Answer<tpm::SecretBytes> answer);

  // The AES key sealed once more, for another policy.
  void reseal(const std::shared_ptr<const SealedKey>& key, const std::optional<tpm::PcrPolicy>& policy,
              Answer<std::shared_ptr<Resealed>> answer);

  void forget(const KeyId& id);  // drops the opened key; who uses it now still gets an answer
  [[nodiscard]] std::size_t opened() const;

 private:
  using SealedKeyPtr = std::shared_ptr<const SealedKey>;
  using OpenedPtr = std::shared_ptr<const SoftwareKey>;
  struct Use {
    Extent extent;
    Operation operation;
    std::uint64_t client;
    EventLoop::Time deadline;
    Answer<tpm::SecretBytes> answer;
  };
  struct Opening {
    KeyId id{};
    std::vector<Use> waiting;
  };
  using OpeningPtr = std::shared_ptr<Opening>;
  struct Entry {
    OpenedPtr key;  // one of the two
    OpeningPtr opening;
    EventLoop::Time last_use{};
  };
  using Entries = std::map<KeyId, Entry>;

  void make_sealed(std::function<SoftwareKey()> make, const std::optional<tpm::PcrPolicy>& policy,
                   Answer<std::shared_ptr<NewSealedKey>> answer);
  void open(const SealedKeyPtr& key, Use use, TpmWorker::Ticket ticket);
  void finish(const OpeningPtr& opening, std::variant<OpenedPtr, Error> outcome);
  void keep(Entry& entry, const OpenedPtr& key);
  void submit(const OpenedPtr& key, Use use);
  void drop_idle();
  void arm_timer();
  [[nodiscard]] Entries::iterator least_recently_used();  // of those that are opened

  EventLoop& loop_;
  TpmWorker& tpm_;
  SoftwareWorker& software_;
  const Settings settings_;
  Entries entries_;
  EventLoop::Source timer_;
  bool armed_ = false;
};

}  // namespace edgeseal::agent
