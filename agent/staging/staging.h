#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/applications.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/device/device_application.h"
#include "agent/setup/setup.h"
#include "agent/staging/staged_file.h"
#include "agent/staging/staged_judgement.h"
#include "agent/staging/staged_set.h"
#include "agent/staging/staged_url.h"
#include "agent/state/sealed_record.h"
#include "agent/trust/time_floor.h"
#include "agent/trust/trust_lists.h"
#include "dbus/enrolment_port.h"

namespace edgeseal::agent {

// A file that somebody brings.
struct StagedDelivery {
  dbus::GroupName group;  // whose trust list it is for
  StagedSource source;
};

// First trust that comes as a file: parsed, judged, kept, and put into force from the next start on, or when an
// administrator says so; then it has to prove itself by the first contact with the server that it names, or it is
// undone. What is staged trusts nobody yet. Loop's thread.
class Staging {
 public:
  struct Services {
    State& state;
    IntegritySeal& seal;
    TrustLists& lists;
    CertificateGroups& groups;
    Applications& applications;
    DeviceApplication& device;
    Setup& setup;
    const Audit& audit;
  };
  struct Settings {
    bool allow_inline_key = false;          // private keys that lie in the clear in a file are imported, as exposed
    bool system_anchors = false;            // for the first contact, as long as the device has no trust of its own
    std::vector<std::string> http_hosts{};  // from which certificates may be fetched without TLS while setup is open
    bool fetch_urls = true;                 // by whoever runs jobs
    std::chrono::seconds verify_within{std::chrono::hours(1)};
    MinimumStrength strength{};
  };
  struct World {
    std::function<TimeOfDay()> now;
    std::function<void()> changed;                               // of what set() says
    std::function<void(const std::string& reason)> rolled_back;  // what was active is not any more
    std::function<bool()> busy{};                                // nothing goes into force by itself; none: never
  };
  // "command" is a person who answers for it; the others need that setup is open.
  static constexpr std::array<std::string_view, 4> ways = {"command", "drop-folder", "medium", "redirection"};
  static constexpr const char* command = "command";

  Staging(const Services& services, Settings settings, World world);

  // Adds to what is staged for the group. The whole file is taken or refused; a file that brings nothing new changes
  // nothing. Answers warnings. Throws or answers Error: what parse_staged_file() and require_allowed() throw,
  // certificate_policy_check_failed with all that is wrong with all certificates, invalid_state where setup is not
  // open, another group has something staged, or it is active already.
  void stage(const StagedDelivery& delivery, SecretBytes content, Answer<std::vector<std::string>> answer);
  // What one of the URLs led to; or why it led to nothing. What is refused stands in the entry, too.
  void deliver(const std::string& url, ByteView content);
  void fail_download(const std::string& url, const std::string& reason);

  // URLs, for whoever runs jobs; none before look() could read what is staged, and the TPM has spoken for the disk.
  [[nodiscard]] std::vector<std::string> to_fetch() const;
  // Of one that is to be fetched: where its server is, and whom to trust there. Throws Error: what require_allowed()
  // throws, not_found, invalid_state where nobody could vouch for the server.
  [[nodiscard]] dbus::JobWork source_of(const std::string& url);

  // Puts all of it into force, to be verified. Throws or answers Error{nothing_to_do}; Error{invalid_state} where
  // something is still to be fetched; what CertificateGroups::apply() does.
  void activate(Answer<std::monostate> answer);
  // Also what failed, and what is being verified, which is undone. Throws Error{nothing_to_do}.
  void discard();
  // The first contact with a server: `chain` is what it showed, DER, its own certificate first; `failure`, where it is
  // not empty, says why there was none. Answers why the server is not the right one; empty: it is, and what is active
  // stays. Otherwise all is undone. Throws Error{invalid_state} where nothing is being verified.
  std::string report_contact(std::span<const Bytes> chain, const std::string& host, const std::string& failure);

  // Throws Error{tpm_unavailable} while the seal is not open.
  [[nodiscard]] const std::optional<StagedSet>& set();
  // Whether programs may trust what the system trusts, for the first contact alone.
  [[nodiscard]] bool system_anchors();

  // When the seal has opened, and after each change of setup: what was staged before this start becomes active.
  void look();
  void changes_applied(const AppliedChanges& changes);

 private:
  struct Arrival;  // a file on its way
  using ArrivalPtr = std::shared_ptr<Arrival>;

  void load();
  void settle();  // what others confirmed
  void write(const std::optional<StagedSet>& next);
  void keep(std::optional<StagedSet> next);
  void accept(std::optional<StagedSet> next);
  bool keep_problem(std::size_t entry, const std::string& problem);
  [[nodiscard]] StagedSet& verifying();
  [[nodiscard]] std::size_t wanted(const std::string& url);
  void admit(const StagedDelivery& delivery);
  void require_group(const dbus::GroupName& group);
  void make_application(const dbus::GroupName& group);
  void require_room_for(const StagedDelivery& delivery);
  void read(Arrival& arrival);
  void judge_keys(Arrival& arrival);
  void judge_urls(Arrival& arrival);
  [[nodiscard]] UrlRules url_rules() const;
  void import_key(const ArrivalPtr& arrival);
  void key_imported(const ArrivalPtr& arrival, const std::variant<Bytes, Error>& imported);
  void remove_imported(const Arrival& arrival);
  void take(const Arrival& arrival);
  [[nodiscard]] std::vector<StagedEntry> new_entries(const Arrival& arrival);
  void tell_staged(const StagedDelivery& delivery, const std::vector<StagedEntry>& entries) const;
  [[nodiscard]] std::vector<StagedEntry> judge_download(const StagedEntry& entry, ByteView content);
  void refuse_download(std::size_t entry, const Error& error);
  [[nodiscard]] bool is_staged() const { return set_ && set_->phase == StagedPhase::staged; }
  void refuse(const Arrival& arrival, const Error& error);
  [[nodiscard]] TrustStore known_to(const dbus::GroupName& group, const std::vector<Bytes>& others);
  [[nodiscard]] StagedJudge judge() const;
  [[nodiscard]] bool is_known(const dbus::GroupName& group, const Bytes& certificate);
  [[nodiscard]] bool is_in_force();
  [[nodiscard]] bool may_use_system_anchors();
  void take_up();
  void activate_by_itself();

  [[nodiscard]] TrustList wanted_list();
  void stage_changes();
  void apply_changes(Answer<std::monostate> answer);
  void cancel_changes(StagedPhase phase);
  void begin_verifying();
  void confirm(const std::string& application);
  void conclude_verified(const std::string& how);
  void undo(StagedPhase phase, const std::string& reason);
  void activation_failed(const Error& error);
  void remove_keys();
  [[nodiscard]] std::string problem_with(std::span<const Bytes> chain, const std::string& host);
  void tell(Level level, AuditKind kind, const std::string& message, Audit::Fields fields) const;

  const Services services_;
  const Settings settings_;
  const World world_;
  SealedRecord record_;
  bool loaded_ = false;
  bool activating_ = false, concluding_ = false;
  bool starts_by_itself_ = false;  // it was staged before this start
  std::optional<StagedSet> set_;
};

}  // namespace edgeseal::agent
