#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

using JobNumber = std::uint64_t;

struct EnrolmentWish {
  std::string profile;
  std::string slot;  // empty: all of the profile
  std::optional<Secret> secret;
};

struct ProfileInfo {
  std::string name, origin, protocol, url, discover, first_contact;
  std::vector<std::string> slots;
  bool automatic = false;
  std::string problem;  // not empty: the profile does nothing
};

// Times in microseconds since 1970.
struct RenewalInfo {
  std::string slot, profile;
  std::uint64_t expires = 0, due = 0;  // 0: there is no certificate
  std::uint64_t next_try = 0;          // 0: none before something changes
  std::uint32_t failures = 0;
  std::string needs;
};

struct JobInfo {
  JobNumber number = 0;
  std::string state, profile, slot, operation, stage, error_class, message, needs;
  std::uint32_t failures = 0;
  std::uint64_t next_try = 0, created = 0;
  std::vector<Bytes> fingerprints;
  Bytes request;
};

// What whoever runs a job is told: see Job1.Take.
struct JobWork {
  std::string protocol, operation, url, discover, discover_domain, label, helper, proxy, trust, credential, user, realm;
  std::vector<Bytes> anchors, issuers, crls;
  Bytes fingerprint;
  std::optional<Secret> secret;
  std::string identity_key;
  Bytes identity_certificate;
  std::vector<Bytes> identity_chain;
  Bytes request, key, current_certificate;
  std::string key_usage, attributes;
  std::vector<std::string> rejects;
  Bytes continuation;
  std::uint64_t time = 0;
  bool clock_doubtful = false;
  std::uint32_t seconds = 0;
};

// What somebody is to approve, and the server that showed it.
struct ProposedAnchor {
  Bytes certificate;
  std::string server;
};

struct JobCertificate {
  Bytes certificate;
  std::vector<Bytes> chain;
  bool modified = false;  // the authority granted it otherwise than it was asked for
};

struct JobFailure {
  std::string failure_class, message;
  std::uint32_t retry_after = 0;  // seconds; 0: nothing said
  bool secret_spent = false;
};

// What came of looking at an authority: see Enrolment1.CheckAuthorities. Both empty: it answers and is believed.
struct ContactOutcome {
  std::string failure_class, message;
};

struct AuthorityContact {
  std::string profile, url;
  ContactOutcome outcome;
};

// org.edgeseal.Enrolment1 and Job1. A number that is no job any more: CallError "NotFound".
class EnrolmentPort {
 public:
  virtual ~EnrolmentPort() = default;

  virtual std::vector<JobNumber> enroll(const Caller& caller, EnrolmentWish wish) = 0;
  virtual JobNumber renew(const Caller& caller, const std::string& slot) = 0;
  virtual void set_profile(const Caller& caller, const std::string& name, const std::string& text) = 0;
  virtual void remove_profile(const Caller& caller, const std::string& name) = 0;
  virtual void check_authorities(const Caller& caller, Completion<std::vector<AuthorityContact>> done) = 0;
  [[nodiscard]] virtual std::vector<ProfileInfo> profiles() = 0;
  [[nodiscard]] virtual std::vector<RenewalInfo> renewals() = 0;
  [[nodiscard]] virtual std::vector<JobNumber> waiting_jobs() = 0;
  [[nodiscard]] virtual std::vector<std::string> waiting_contacts() = 0;
  [[nodiscard]] virtual std::vector<JobInfo> jobs() = 0;
  [[nodiscard]] virtual JobInfo job(JobNumber number) = 0;

  virtual void cancel_job(const Caller& caller, JobNumber number) = 0;
  virtual void approve_anchor(const Caller& caller, JobNumber number, const Bytes& sha256) = 0;
  virtual void set_secret(const Caller& caller, JobNumber number, Secret secret) = 0;
  virtual void install_certificate(const Caller& caller, JobNumber number, const SlotCertificate& certificate,
                                   Completion<std::monostate> done) = 0;

  // For whoever runs jobs.
  [[nodiscard]] virtual bool runs_jobs(uid_t uid) const = 0;
  virtual JobWork take_job(const Caller& caller, JobNumber number) = 0;
  virtual void report_stage(const Caller& caller, JobNumber number, const std::string& stage) = 0;
  virtual void propose_anchors(const Caller& caller, JobNumber number, const std::vector<ProposedAnchor>& anchors) = 0;
  virtual void deliver_anchors(const Caller& caller, JobNumber number, const std::vector<Bytes>& anchors,
                               const std::vector<Bytes>& links) = 0;
  virtual void deliver_certificate(const Caller& caller, JobNumber number, const JobCertificate& certificate,
                                   Completion<std::monostate> done) = 0;
  virtual void postpone_job(const Caller& caller, JobNumber number, std::uint32_t seconds,
                            const Bytes& continuation) = 0;
  virtual void fail_job(const Caller& caller, JobNumber number, const JobFailure& failure) = 0;
  virtual JobWork take_contact(const Caller& caller, const std::string& profile) = 0;
  virtual void report_contact(const Caller& caller, const std::string& profile, const ContactOutcome& outcome) = 0;
  virtual void runner_vanished(const std::string& bus_name) = 0;
  // Nobody owns kEnrolmentService any more; its owner can't be started.
  virtual void service_left() = 0;
  virtual void service_missing(const std::string& problem) = 0;
};

}  // namespace edgeseal::dbus
