#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/slot.h"
#include "agent/state/sqlite.h"
#include "agent/trust/trust_list.h"
#include "agent/trust/validation_options.h"
#include "dbus/ports.h"
#include "policy/unique_fd.h"
#include "tpm/key_device.h"

namespace edgeseal::agent {

using tpm::KeyId;

inline constexpr std::string_view sha1_signatures = "sha1-signatures";
inline constexpr std::string_view pkcs1_decryption = "pkcs1-decryption";
inline constexpr std::string_view raw_rsa = "raw-rsa";  // the private operation without a padding of the agent's
inline constexpr std::array legacy_uses = {sha1_signatures, pkcs1_decryption, raw_rsa};

struct ApplicationRecord {
  std::string name;
  std::string application_uri;
  std::string account;
  std::vector<std::string> access;  // policy::AccessRule texts
  std::vector<SlotDeclaration> slots;
  std::string origin;                              // "bus" or the path of the configuration file
  std::vector<std::string> legacy{};               // of the above: what old peers need and nobody else gets
  std::vector<std::string> trust_groups{};         // groups with a trust list and no certificate: "user-token"
  std::vector<std::string> server_capabilities{};  // OPC 10000-12 Annex D
  std::vector<std::string> exports{};              // layouts of agent/publication/publication_layout.h, besides Annex F

  bool operator==(const ApplicationRecord&) const = default;
};

enum class KeyStatus : int { pending = 1, active = 2, retired = 3 };

// What a key asks of the state of the machine.
enum class KeyPolicy : int {
  none = 0,
  pcr = 1,        // the PCRs have the values that they had when it was made, or last resealed
  authorised = 2  // the PCRs have values that the configured authority approved
};

struct KeyRecord {
  KeyId id{};
  Slot slot;
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::ec_p256;
  KeyStatus status = KeyStatus::pending;
  Bytes public_key;  // DER SubjectPublicKeyInfo
  KeyProtection protection = KeyProtection::tpm;
  bool exposed = false;  // it came from outside
  tpm::PcrMask pcrs = 0;
  KeyPolicy policy = KeyPolicy::none;
  tpm::SealedSecret tpm_object;                  // the key itself, or what opens `ciphertext`
  Bytes ciphertext;                              // of a sealed key
  std::optional<tpm::SealedSecret> next_object;  // the same for the PCRs that an update will bring
};

// A key without a slot, made ahead.
struct SpareKey {
  tpm::KeyAlgorithm algorithm = tpm::KeyAlgorithm::rsa_2048;
  Bytes public_key;  // DER SubjectPublicKeyInfo
  tpm::SealedSecret tpm_object;
};

// What the authority signed, as it came.
struct PcrApprovalRecord {
  Bytes authority;  // DER SubjectPublicKeyInfo
  tpm::PcrMask pcrs = 0;
  Bytes pcr_digest;
  Bytes signature;
};

// A key that was replaced, and that programs may still use.
struct RetiredKeyRecord {
  KeyId id{};
  Slot slot;
  std::chrono::system_clock::time_point retired_at;
  std::chrono::system_clock::time_point last_use;  // not later than this; retired_at where there was none
};

// In 2223. Later times of whole seconds are read as this one: what is damaged or wrong leaves room for sums, and keeps
// no agent from starting.
inline constexpr std::chrono::sys_seconds latest_kept_time{std::chrono::seconds(8'000'000'000)};

// What the clocks of the machine said at one moment.
struct ClockReading {
  std::array<std::byte, 16> boot{};    // which run of the machine
  std::chrono::seconds since_boot{};   // CLOCK_BOOTTIME
  std::chrono::seconds since_epoch{};  // CLOCK_REALTIME
};

// The time of the device (see DeviceClock) at a reading.
struct ClockRecord {
  ClockReading reading;
  std::chrono::system_clock::time_point time;
};

struct CertificateRecord {
  Slot slot;
  KeyId key_id{};
  Bytes certificate;           // DER
  std::vector<Bytes> issuers;  // DER, nearest first

  bool operator==(const CertificateRecord&) const = default;
};

// What a group trusts. `seal` is that of IntegritySeal over all the rest.
struct TrustListRecord {
  std::string application, group;
  TrustList list{};
  std::chrono::system_clock::time_point last_update{};  // epoch: never
  std::chrono::milliseconds update_frequency{0};        // 0: no update is expected
  std::uint32_t validation_options = default_validation_options;
  Bytes seal{};

  bool operator==(const TrustListRecord&) const = default;
};

// Two of each list are kept: the one in use, and the one that was in use before it.
enum class TrustListGeneration : int { current = 1, previous = 2 };

// All that one ApplyChanges changes.
struct StagedState {
  std::vector<CertificateRecord> certificates{};
  std::vector<Slot> deletions{};
  std::vector<TrustListRecord> trust_lists{};  // with their seals
  // When all of it is undone unless it was confirmed before; none: it is final at once.
  std::optional<std::chrono::system_clock::time_point> confirm_by{};
};

// Changes that stand until somebody confirms them or their time is over.
struct UnconfirmedRecord {
  std::string application;
  std::chrono::system_clock::time_point confirm_by;
};

// A peer that failed validation.
struct RejectedRecord {
  std::string application, group;
  Bytes certificate;  // DER
  std::chrono::system_clock::time_point rejected_at;
};

// Whether the device is in application setup (OPC 10000-12 Annex G). Verifying: what ended it can still be undone.
enum class SetupFlag : int { on, verifying, off };

// How the TPM proves that it was the agent who left the flag on: a seal over a text, and whether one holds. `seal` may
// throw Error; then there is no proof.
struct SetupSealing {
  std::function<Bytes(std::string_view text)> seal;
  std::function<bool(std::string_view text, ByteView seal)> holds;
};

struct AdoptedRecord {
  std::string path, application, group, layout;

  bool operator==(const AdoptedRecord&) const = default;
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
  [[nodiscard]] std::optional<tpm::AttestationKey> attestation_key();
  void record_attestation_key(const tpm::AttestationKey& key);

  // Random, made at first use: see RejectionSeed.
  [[nodiscard]] tpm::SecretBytes rejection_seed();

  // On until a trust list that is not empty is committed; with require_certificate_for_setup() until the application
  // has a certificate besides that it did not issue itself. Never written by anything but what is named here: commit(),
  // confirm(), roll_back(), reset(), reset_all(), remove_application() with unconfirmed changes, close_setup().
  [[nodiscard]] SetupFlag setup_flag();
  [[nodiscard]] bool setup_open() { return setup_flag() == SetupFlag::on; }
  void require_certificate_for_setup() { setup_needs_certificate_ = true; }
  void close_setup();  // whatever the device has
  // The TPM bears out what the disk says of the flag, as far as it knows: proofs are made from now on, and changes that
  // are undone put the flag back. Before that a rollback leaves it off for now. One that is off for now without a proof
  // is off.
  void accept_setup();
  // The proof is made anew with each generation, so that none of an earlier one fits.
  void use_setup_sealing(SetupSealing sealing) { setup_sealing_ = std::move(sealing); }
  [[nodiscard]] bool trusts_somebody();    // some trust list is not empty
  [[nodiscard]] bool setup_opened_here();  // the flag is on, and the proof holds
  // Counts what must not be undone by putting an older copy of the disk back: goes up by one with each of those that
  // may write setup_flag(), and is anchored in the TPM (see StateAnchor).
  [[nodiscard]] std::uint64_t generation();
  void record_generation(std::uint64_t generation);

  [[nodiscard]] std::vector<ApplicationRecord> applications();
  [[nodiscard]] std::optional<ApplicationRecord> application(const std::string& name);
  void put_application(const ApplicationRecord& application);
  void remove_application(const std::string& name);  // with its keys and certificates
  // Applications that are to be deleted, as somebody said who may: those of `names` that there are. One is due until it
  // is deleted, by whomever; another of its name is another application.
  void put_deletions(const std::vector<std::string>& names);
  void remove_deletion(const std::string& name);
  [[nodiscard]] std::vector<std::string> deletions();

  [[nodiscard]] std::optional<KeyRecord> key(const KeyId& id);
  [[nodiscard]] std::optional<KeyRecord> key(const Slot& slot, KeyStatus status);  // pending or active
  // Takes the place of an earlier pending key of the slot.
  void put_pending_key(const KeyRecord& key);
  void remove_pending_key(const KeyId& id);  // only where it is still pending
  [[nodiscard]] std::vector<KeyId> keys_of(const std::string& application);
  // Sealed keys in use, or to be, with a policy of their own, that is without an authority.
  [[nodiscard]] std::vector<KeyId> keys_bound_to_pcrs();
  void put_next_object(const KeyId& id, const tpm::SealedSecret& object);
  // The same where the present next one is what opens now, and takes the place of the other.
  void promote_and_put_next_object(const KeyId& id, const tpm::SealedSecret& object);

  void put_spare_key(const SpareKey& key);
  [[nodiscard]] std::optional<SpareKey> take_spare_key(tpm::KeyAlgorithm algorithm);
  [[nodiscard]] std::size_t spare_keys(tpm::KeyAlgorithm algorithm);

  [[nodiscard]] std::vector<PcrApprovalRecord> pcr_approvals();
  // The latest tpm::KeyDevice::kMaxApprovals are kept.
  void add_pcr_approval(const PcrApprovalRecord& approval);

  // Of the active key. Both throw Error{security_checks_failed} for one that was damaged on the disk.
  [[nodiscard]] std::optional<CertificateRecord> certificate(const Slot& slot);
  [[nodiscard]] std::optional<CertificateRecord> certificate(const KeyId& key);
  // Nothing for a damaged one too, of which an alarm tells: for who brings another, or only shows it.
  [[nodiscard]] std::optional<CertificateRecord> intact_certificate(const Slot& slot);
  // Groups whose published directory is behind the state; the group is empty where the whole application is gone. Every
  // change of applications and certificates adds its own, in the same transaction.
  [[nodiscard]] std::vector<dbus::GroupName> unpublished();
  void mark_published(const std::string& application, const std::string& group);

  // Applies all of it together: the keys of the certificates become active, those that they replace retire at `now`; a
  // slot of `deletions` loses certificate and key; a trust list becomes the current one and the current one the
  // previous. With `confirm_by` what it takes to undo it is kept until confirm() or roll_back(): no key that is needed
  // ends, deleted ones end with confirm(). Throws Error{transaction_pending} where earlier changes of the application
  // are unconfirmed.
  void commit(const StagedState& staged, Clock::time_point now);
  [[nodiscard]] std::vector<UnconfirmedRecord> unconfirmed();
  [[nodiscard]] bool is_unconfirmed(const std::string& application);
  void confirm(const std::string& application);
  // Everything as before the unconfirmed commit; the keys that it brought retire at `now`.
  void roll_back(const std::string& application, Clock::time_point now);
  // To what an application has when it is new: no keys, certificates, trust lists, rejected certificates. Setup opens
  // again where this was the last configured one.
  void reset(const std::string& application);
  // All applications are reset; the keys and certificates of the device identity stay. Setup opens.
  void reset_all();

  // Small records of services, by name ("one-time-password"); see SealedRecord where a forger of the disk would gain.
  [[nodiscard]] std::optional<Bytes> record(std::string_view name);
  void put_record(std::string_view name, ByteView content);
  void remove_record(std::string_view name);

  // The key of IntegritySeal.
  [[nodiscard]] std::optional<tpm::SealedSecret> seal_key();
  void record_seal_key(const tpm::SealedSecret& key);

  // Throws Error{invalid_argument} for stored bytes that are no list; whether it is the one that was stored, its seal
  // says.
  [[nodiscard]] std::optional<TrustListRecord> trust_list(const std::string& application, const std::string& group,
                                                          TrustListGeneration generation);
  [[nodiscard]] bool has_trust_list(const std::string& application, const std::string& group);
  // The previous one becomes the current one, which is lost: for one that was damaged.
  void restore_previous_trust_list(const std::string& application, const std::string& group);

  // Newest first; the latest `limit` of a group are kept, each certificate once.
  [[nodiscard]] std::vector<RejectedRecord> rejected(const std::string& application, const std::string& group);
  void add_rejected(const RejectedRecord& rejected, std::size_t limit);

  [[nodiscard]] std::vector<AdoptedRecord> adopted();
  void put_adopted(const AdoptedRecord& directory);  // by path
  void remove_adopted(const std::string& path);

  // Without those that an unconfirmed change may bring back.
  [[nodiscard]] std::vector<RetiredKeyRecord> retired_keys();
  void record_use(const KeyId& id, Clock::time_point last_use);  // of a retired key
  // False where it is no retired key, or a published directory may still name it, or an unconfirmed change may bring
  // it back.
  [[nodiscard]] bool destroy_retired(const KeyId& id);
  [[nodiscard]] std::optional<ClockRecord> clock_record();
  void put_clock_record(const ClockRecord& record);
  // Of the time of day that this device has known: see TimeFloor.
  [[nodiscard]] std::optional<Clock::time_point> latest_time();
  void record_latest_time(Clock::time_point time);

 private:
  class Lock;

  template <class Function>
  auto attempt(const Function& function) {
    try {
      return function();
    } catch (const SqliteError& error) {
      refuse(error);
    }
  }

  [[noreturn]] void refuse(const SqliteError& error) const;
  void mend_indexes();
  void migrate();
  [[nodiscard]] std::optional<Bytes> fact(std::string_view name);
  void put_fact(std::string_view name, ByteView value);
  void remove_fact(std::string_view name);
  // Inside a transaction.
  void write_generation(std::uint64_t generation);
  void seal_setup(std::uint64_t generation);
  void remove_setup_proof();
  [[nodiscard]] bool setup_proof_holds();
  [[nodiscard]] bool awaits_confirmation();  // of those that turned the flag off for now
  void end_setup(const StagedState& staged);
  void settle_setup(const std::string& application);                 // it was confirmed
  void unsettle_setup(const std::string& application);               // it was rolled back, or is gone
  [[nodiscard]] bool is_configured(const std::string& application);  // as setup asks for
  [[nodiscard]] bool trusts_somebody(const std::string& application);
  [[nodiscard]] bool has_issued_certificate(const std::string& application);
  void mark_unpublished(const std::string& application, const std::string& group);

  std::string directory_;
  std::unique_ptr<Lock> lock_;
  std::unique_ptr<Database> database_;
  bool setup_needs_certificate_ = false;
  bool setup_accepted_ = false;
  SetupSealing setup_sealing_;
};

}  // namespace edgeseal::agent
