#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/applications.h"
#include "agent/audit/audit.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/clock_watch.h"
#include "agent/device/device_identity.h"
#include "agent/event_loop.h"
#include "agent/keys/key_service.h"
#include "agent/keys/lent_keys.h"
#include "agent/renewal/best_time.h"
#include "agent/renewal/job_store.h"
#include "agent/renewal/local_authority.h"
#include "agent/renewal/one_time_secrets.h"
#include "agent/renewal/profiles.h"
#include "agent/renewal/request_template.h"
#include "agent/trust/trust_lists.h"
#include "dbus/enrolment_port.h"

namespace edgeseal::agent {

// Keeps the slots of all profiles in certificates: asks for what is due, by the plan; makes key and request; gives the
// job to whoever talks to the authority, or issues by itself; installs what comes back. The certificate in use stays
// until another one is in force. Loop's thread.
class Enrolment {
 public:
  struct Services {
    EventLoop& loop;
    State& state;
    KeyService& keys;
    LentKeys& lent;
    Applications& applications;
    CertificateGroups& groups;
    TrustLists& lists;
    DeviceIdentity& identity;
    const Audit& audit;
  };
  struct Settings {
    std::vector<ProfileFile> profiles{};
    std::string account = "edgeseal-enroll";  // that runs jobs
    std::string credentials_directory{};      // of systemd; empty: none
    std::chrono::seconds job_time{std::chrono::minutes(10)};
  };
  struct World {
    std::function<BestTime::Reading()> clocks;
    std::function<bool()> busy;    // somebody inhibits changes
    std::function<bool()> locked;  // the disk is not known to be this device's
    std::function<void(const Job&)> job_added, job_changed;
    std::function<void(JobNumber)> job_removed, job_waiting, job_cancelled;
    std::function<void()> changed;  // profiles, renewals, waiting jobs
    std::function<void(const Slot&, unsigned days, RenewalTime end, const std::string& needs)> expiring;
  };

  // `device`: what no other device has.
  Enrolment(const Services& services, Settings settings, World world, ByteView device,
            policy::UniqueFd clock_set = open_clock_set());

  // When the seal has opened; afterwards when certificates, trust lists, applications or inhibitors may have changed.
  void look();

  // Of the bus: see Enrolment1 and Job1. `secret`: nothing where none came along.
  std::vector<JobNumber> enroll(const std::string& profile, const std::string& slot, std::optional<SecretBytes> secret);
  JobNumber renew(const std::string& slot);
  void put_profile(const std::string& name, const std::string& text);
  void remove_profile(const std::string& name);
  void use_profile_files(std::vector<ProfileFile> files);  // in the place of those that there were
  void cancel(JobNumber number);
  void approve(JobNumber number, ByteView sha256);
  void set_secret(JobNumber number, SecretBytes secret);
  void install(JobNumber number, const Bytes& certificate, const std::vector<Bytes>& chain,
               Answer<std::monostate> answer);

  // Of whoever runs jobs; `runner`: his bus name. All but take() throw Error{invalid_state} for others than who took
  // it.
  [[nodiscard]] dbus::JobWork take(JobNumber number, const std::string& runner, uid_t account);
  void report(JobNumber number, const std::string& runner, const std::string& stage);
  void propose(JobNumber number, const std::string& runner, const std::vector<dbus::ProposedAnchor>& anchors);
  void deliver_anchors(JobNumber number, const std::string& runner, const std::vector<Bytes>& anchors,
                       const std::vector<Bytes>& links);
  void deliver(JobNumber number, const std::string& runner, const dbus::JobCertificate& issued,
               Answer<std::monostate> answer);
  void postpone(JobNumber number, const std::string& runner, std::chrono::seconds pause, const Bytes& continuation);
  void fail(JobNumber number, const std::string& runner, const dbus::JobFailure& failure);
  void runner_vanished(const std::string& runner);
  [[nodiscard]] std::vector<JobNumber> waiting_jobs() const;
  // Of the service that job_waiting() has started: it has left the bus; it can't be started.
  void service_left();
  void service_missing(const std::string& problem);

  // Where the server of a profile is, and whom to believe there, as jobs of it are told; nothing of the device. Throws
  // Error{certificate_untrusted} where nothing says whom.
  [[nodiscard]] dbus::JobWork server_of(const EnrolmentProfile& profile);
  // Throws Error{invalid_argument} for what is no class of a failure.
  static void require_class(const std::string& failure_class);

  [[nodiscard]] const Profiles& profiles() const { return profiles_; }
  [[nodiscard]] const JobStore& jobs() const { return jobs_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  // Time of day of the next try; nothing: none before something changes.
  [[nodiscard]] std::optional<RenewalTime> next_try(const Slot& slot);

  struct Renewal {
    Slot slot;
    std::string profile;
    std::optional<Validity> validity;
    std::optional<RenewalTime> due, next_try;
    unsigned failures = 0;
    std::string needs;
  };
  [[nodiscard]] std::vector<Renewal> renewals();

 private:
  struct Kept {  // a slot of a profile
    Slot slot;
    std::string profile;
    std::optional<Validity> validity;
  };
  struct Run {  // a job that somebody has
    std::string runner;
    uid_t account = static_cast<uid_t>(-1);
    std::vector<KeyId> lent;
    RenewalTime until;                         // elapsed
    Credential credential = Credential::none;  // that he was given
    std::uint64_t secret = 0;                  // its number
  };

  [[nodiscard]] RenewalMoment now();
  [[nodiscard]] bool busy() const { return world_.busy && world_.busy(); }
  [[nodiscard]] bool locked() const { return world_.locked && world_.locked(); }
  [[nodiscard]] State::Clock::time_point day() { return State::Clock::time_point(now().day.time_since_epoch()); }

  // enrolment.cpp: what is due
  void clock_was_set();
  void look_now();
  void follow_profiles();
  [[nodiscard]] bool waits_for_profile(const Job& job) const;
  void take_up(const Job& job);
  void for_each_job(const std::function<void(const Job&)>& step);
  void remove_left_keys();
  void forget_left_behind();
  void start_due();
  void notice_ends();
  void end_overdue_runs();
  void arm();
  void tell_end(const Slot& slot, unsigned days, RenewalTime end);
  [[nodiscard]] std::optional<Slot> slot_of(const std::string& name);
  [[nodiscard]] const Kept* kept(const Slot& slot) const;
  [[nodiscard]] const Kept& require_kept(const Slot& slot) const;
  enum class AskedBy { plan, person };
  [[nodiscard]] JobNumber begin(const Kept& kept, AskedBy asked_by);
  void give_secret(JobNumber number, SecretBytes secret);
  void demand(JobNumber number);

  // enrolment_changes.cpp: what has changed for a job that is under way
  void reconsider();
  [[nodiscard]] bool is_awaited(const Job& job, const EnrolmentProfile& profile);
  void drop_outdated();
  [[nodiscard]] Bytes terms_of(const Slot& slot, const EnrolmentProfile& profile);

  // enrolment_requests.cpp: from a job that is due to its request
  void prepare(JobNumber number);
  [[nodiscard]] std::variant<CredentialChoice, CredentialNeed> credential_of(const Job& job,
                                                                             const EnrolmentProfile& profile);
  [[nodiscard]] std::optional<IdentityCertificate> device_identity();
  [[nodiscard]] std::string user_of(const Job& job, const EnrolmentProfile& profile);
  [[nodiscard]] bool request_stands(const Job& job);
  void make_request(JobNumber number, const EnrolmentProfile& profile);
  [[nodiscard]] CertificateGroups::Wish wish_for(const Job& job, const EnrolmentProfile& profile);
  [[nodiscard]] SlotDeclaration declaration_of(const Slot& slot);
  [[nodiscard]] TemplateValues template_values(const ApplicationRecord& application);
  [[nodiscard]] CertificateSubject wanted_subject(const Slot& slot, const EnrolmentProfile& profile);
  void keep_clear_of_others(const Job& job);
  void own_pending_key(JobNumber number, const KeyId& others);
  void requested(JobNumber number, const Bytes& request);
  void drop_request(Job& job);
  void remove_key(const Job& job);
  void dispatch(JobNumber number);
  [[nodiscard]] bool is_carried(const Job& job);
  [[nodiscard]] static std::string signature_needed(JobNumber number);
  void issue_here(JobNumber number, const EnrolmentProfile& profile);

  // enrolment_runs.cpp: whoever has a job
  [[nodiscard]] dbus::JobWork hand_out(const Job& job, const std::string& runner, uid_t account);
  void require_request(const Job& job);
  void require_runner(JobNumber number, const std::string& runner) const;
  void end_run(JobNumber number);
  void call_service_after(std::chrono::seconds pause);
  void call_service();
  void put_credential(dbus::JobWork& work, const Job& job, const EnrolmentProfile& profile, Run& run);
  void lend(Run& run, const KeyId& key);

  // enrolment_servers.cpp: where the server of an authority is, and whom to believe there
  [[nodiscard]] std::vector<Bytes> known_anchors(const std::vector<Bytes>& approved, const EnrolmentProfile& profile);
  void require_anchors(const std::vector<Bytes>& approved, const EnrolmentProfile& profile);
  [[nodiscard]] dbus::JobWork server_of(const EnrolmentProfile& profile, const std::vector<Bytes>& approved);

  // enrolment_outcomes.cpp: what becomes of a try
  void set_back(JobNumber number, Setback setback, std::chrono::seconds at_least, JobState state,
                const std::function<void(Job&)>& edit);
  void await_credential(JobNumber number, const CredentialNeed& need);
  void refuse(JobNumber number, const Error& error);
  void refuse(JobNumber number, const Error& error, JobState state, const std::function<void(Job&)>& edit);
  void refuse_certificate(JobNumber number, const Error& error);
  void lost(JobNumber number, const std::string& how);  // by who had it
  void install_delivered(JobNumber number, Answer<std::monostate> answer);
  void put_into_force(JobNumber number, const Answer<std::monostate>& answer);
  void put_off(JobNumber number, const Error& error, const Answer<std::monostate>& answer);
  void stage(const Job& job);
  bool stage_anchors(const dbus::GroupName& group, const std::vector<Bytes>& anchors);  // false: all are there
  void apply_anchors_elsewhere(const Job& job, const Answer<std::monostate>& answer);
  void conclude(JobNumber number, const std::variant<std::monostate, Error>& outcome);
  void installed(JobNumber number);
  void serve_those_of(const Slot& authority);
  void end(JobNumber number, JobState state);
  void tell(Level level, AuditKind kind, const std::string& message, const Job& job, Audit::Fields fields = {}) const;

  // No caller of the bus: nobody who leaves it takes the transaction along.
  const TransactionOwner owner_{"enrolment"};
  const Services services_;
  const Settings settings_;
  const World world_;
  Profiles profiles_;
  JobStore jobs_;
  RenewalPlan plan_;
  BestTime time_;
  OneTimeSecrets secrets_;
  LocalAuthority local_;
  std::vector<Kept> kept_;
  std::map<JobNumber, Run> runs_;
  std::map<KeyId, unsigned> told_;        // days of the last notice, by the key of the certificate
  std::optional<RenewalTime> next_call_;  // of the service, elapsed
  bool told_missing_ = false;
  bool left_keys_removed_ = false;
  EventLoop::Source timer_;
  ClockWatch clock_watch_;
};

}  // namespace edgeseal::agent
