#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbus/enrolment_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

inline JobInfo job_of(JobNumber number, const std::string& slot) {
  JobInfo info;
  info.number = number;
  info.slot = slot;
  info.state = "ready";
  info.profile = "plant";
  return info;
}

// One job, of an application that is not there, or as the test puts them; what is called is written down.
class FakeEnrolment final : public EnrolmentPort {
 public:
  mutable Fault fault;
  Fault deliver_fault;
  std::vector<JobInfo> known{job_of(1, "other/https/https")};
  std::vector<ProfileInfo> known_profiles;
  std::vector<RenewalInfo> known_renewals;
  std::vector<JobNumber> waiting;
  std::vector<std::string> calls;
  std::optional<Bytes> secret, certificate;
  bool modified = false;  // the certificate
  std::vector<Bytes> anchors, links;
  std::vector<std::string> servers;
  JobFailure failure;
  JobWork work;
  std::vector<AuthorityContact> contacts;     // what is found
  std::vector<std::string> contacts_to_make;  // profiles
  std::optional<ContactOutcome> contact_outcome;
  std::optional<uid_t> runner;
  int departures = 0;
  std::vector<std::string> problems;  // of starting the enrolment service
  std::set<JobNumber> looked_at;      // since enroll()

  std::vector<JobNumber> enroll(const Caller&, EnrolmentWish wish) override {
    fault.strike();
    calls.push_back("enroll " + wish.profile + " " + wish.slot);
    looked_at.clear();
    if (wish.secret) secret = Bytes(wish.secret->view().begin(), wish.secret->view().end());
    std::vector<JobNumber> numbers;
    for (const auto& info : known) numbers.push_back(info.number);
    return numbers;
  }
  JobNumber renew(const Caller&, const std::string& slot) override {
    fault.strike();
    calls.push_back("renew " + slot);
    return known.at(0).number;
  }
  void set_profile(const Caller&, const std::string& name, const std::string& text) override {
    fault.strike();
    calls.push_back("set " + name + " " + text);
  }
  void remove_profile(const Caller&, const std::string& name) override {
    fault.strike();
    calls.push_back("remove " + name);
  }
  void check_authorities(const Caller&, Completion<std::vector<AuthorityContact>> done) override {
    fault.strike();
    calls.push_back("contacts");
    done(contacts);
  }
  std::vector<ProfileInfo> profiles() override { return known_profiles; }
  std::vector<RenewalInfo> renewals() override { return known_renewals; }
  std::vector<JobNumber> waiting_jobs() override { return waiting; }
  std::vector<std::string> waiting_contacts() override { return contacts_to_make; }
  std::vector<JobInfo> jobs() override { return known; }
  JobInfo job(JobNumber number) override {
    fault.strike();
    looked_at.insert(number);
    const auto found = std::ranges::find(known, number, &JobInfo::number);
    if (found == known.end()) throw CallError("NotFound", "there is no such job");
    return *found;
  }

  void cancel_job(const Caller&, JobNumber number) override { note("cancel", number); }
  void approve_anchor(const Caller&, JobNumber number, const Bytes& sha256) override {
    note("approve", number);
    certificate = sha256;
  }
  void set_secret(const Caller&, JobNumber number, Secret given) override {
    note("secret", number);
    secret = Bytes(given.view().begin(), given.view().end());
  }
  void install_certificate(const Caller&, JobNumber number, const SlotCertificate& issued,
                           Completion<std::monostate> done) override {
    note("install", number);
    certificate = issued.certificate;
    done(std::monostate{});
  }

  bool runs_jobs(uid_t uid) const override { return runner == uid; }
  JobWork take_job(const Caller&, JobNumber number) override {
    note("take", number);
    return std::move(work);
  }
  void report_stage(const Caller&, JobNumber number, const std::string& stage) override { note(stage, number); }
  void propose_anchors(const Caller&, JobNumber number, const std::vector<ProposedAnchor>& proposed) override {
    note("propose", number);
    anchors.clear();
    servers.clear();
    for (const ProposedAnchor& anchor : proposed) {
      anchors.push_back(anchor.certificate);
      servers.push_back(anchor.server);
    }
  }
  void deliver_anchors(const Caller&, JobNumber number, const std::vector<Bytes>& delivered,
                       const std::vector<Bytes>& by) override {
    note("anchors", number);
    anchors = delivered;
    links = by;
  }
  void deliver_certificate(const Caller&, JobNumber number, const JobCertificate& issued,
                           Completion<std::monostate> done) override {
    deliver_fault.strike();
    note("deliver", number);
    certificate = issued.certificate;
    modified = issued.modified;
    done(std::monostate{});
  }
  void postpone_job(const Caller&, JobNumber number, std::uint32_t seconds, const Bytes&) override {
    note("wait " + std::to_string(seconds), number);
  }
  void fail_job(const Caller&, JobNumber number, const JobFailure& given) override {
    note("fail", number);
    failure = given;
  }
  JobWork take_contact(const Caller&, const std::string& profile) override {
    fault.strike();
    calls.push_back("take contact " + profile);
    return std::move(work);
  }
  void report_contact(const Caller&, const std::string& profile, const ContactOutcome& outcome) override {
    fault.strike();
    calls.push_back("contact " + profile);
    contact_outcome = outcome;
  }
  void runner_vanished(const std::string&) override {}
  void service_left() override { ++departures; }
  void service_missing(const std::string& problem) override { problems.push_back(problem); }

 private:
  void note(const std::string& call, JobNumber number) {
    fault.strike();
    calls.push_back(call + " " + std::to_string(number));
  }
};

}  // namespace edgeseal::dbus::fake
