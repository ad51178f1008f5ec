#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/slot.h"
#include "agent/sqlite.h"
#include "policy/unique_fd.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;
using tpm::KeyId;

struct ApplicationRecord {
  std::string name;
  std::string application_uri;
  std::string account;
  std::vector<std::string> access;  // policy::AccessRule texts
  std::vector<SlotDeclaration> slots;
  std::string origin;  // "bus" or the path of the configuration file

  bool operator==(const ApplicationRecord&) const = default;
};

enum class KeyStatus : int { pending = 1, active = 2, retired = 3 };

struct KeyRecord {
  KeyId id{};
  Slot slot;
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::ec_p256;
  KeyStatus status = KeyStatus::pending;
  Bytes public_key;  // DER SubjectPublicKeyInfo
  Bytes tss_private_key;
  tpm::SecretBytes auth;
};

struct CertificateRecord {
  Slot slot;
  KeyId key_id{};
  Bytes certificate;           // DER
  std::vector<Bytes> issuers;  // DER, nearest first
};

// What must survive: one SQLite database in `directory`, locked against a second agent. Each public function is one
// transaction of SQLite. Throws Error{state_unavailable}, naming path, cause and remedy.
class State {
 public:
  using Clock = std::chrono::system_clock;

  explicit State(const std::string& directory);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::optional<Bytes> storage_key_name();
  void record_storage_key_name(ByteView name);

  [[nodiscard]] bool setup_open();

  [[nodiscard]] std::vector<ApplicationRecord> applications();
  [[nodiscard]] std::optional<ApplicationRecord> application(const std::string& name);
  void put_application(const ApplicationRecord& application);
  void remove_application(const std::string& name);  // with its keys and certificates

  [[nodiscard]] std::optional<KeyRecord> key(const KeyId& id);
  [[nodiscard]] std::optional<KeyRecord> key(const Slot& slot, KeyStatus status);  // pending or active
  // Takes the place of an earlier pending key of the slot.
  void put_pending_key(const KeyRecord& key);

  [[nodiscard]] std::optional<CertificateRecord> certificate(const Slot& slot);  // of the active key
  [[nodiscard]] std::optional<CertificateRecord> certificate(const KeyId& key);
  // Installs all of them together: their keys become active, the keys that they replace retire at `now`; setup ends.
  void activate(const std::vector<CertificateRecord>& certificates, Clock::time_point now);
  // Groups whose published directory is behind the state, as (application, group); the group is empty where the whole
  // application is gone. Every change of applications and certificates adds its own, in the same transaction.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> unpublished();
  void mark_published(const std::string& application, const std::string& group);

  // Destroys keys that retired before `before`, but none that a published directory may still name; returns their ids.
  std::vector<KeyId> drop_retired(Clock::time_point before);
  [[nodiscard]] std::optional<Clock::time_point> oldest_retirement();

 private:
  class Lock;

  void migrate();

  std::string directory_;
  std::unique_ptr<Lock> lock_;
  std::unique_ptr<Database> database_;
};

}  // namespace edgeseal::agent
