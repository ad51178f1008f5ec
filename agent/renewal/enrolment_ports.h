#pragma once

#include "agent/renewal/authority_contacts.h"
#include "agent/renewal/enrolment.h"
#include "agent/state/state_anchor.h"
#include "dbus/enrolment_port.h"

namespace edgeseal::agent {

// What the bus leaf asks for in matters of enrolment.
class EnrolmentPorts final : public dbus::EnrolmentPort {
 public:
  EnrolmentPorts(Enrolment& enrolment, AuthorityContacts& contacts, const StateAnchor& anchor)
      : enrolment_(enrolment), contacts_(contacts), anchor_(anchor) {}

  std::vector<dbus::JobNumber> enroll(const dbus::Caller& caller, dbus::EnrolmentWish wish) override;
  dbus::JobNumber renew(const dbus::Caller& caller, const std::string& slot) override;
  void set_profile(const dbus::Caller& caller, const std::string& name, const std::string& text) override;
  void remove_profile(const dbus::Caller& caller, const std::string& name) override;
  void check_authorities(const dbus::Caller& caller,
                         dbus::Completion<std::vector<dbus::AuthorityContact>> done) override;
  std::vector<dbus::ProfileInfo> profiles() override;
  std::vector<dbus::RenewalInfo> renewals() override;
  std::vector<dbus::JobNumber> waiting_jobs() override;
  std::vector<std::string> waiting_contacts() override;
  std::vector<dbus::JobInfo> jobs() override;
  dbus::JobInfo job(dbus::JobNumber number) override;

  void cancel_job(const dbus::Caller& caller, dbus::JobNumber number) override;
  void approve_anchor(const dbus::Caller& caller, dbus::JobNumber number, const dbus::Bytes& sha256) override;
  void set_secret(const dbus::Caller& caller, dbus::JobNumber number, dbus::Secret secret) override;
  void install_certificate(const dbus::Caller& caller, dbus::JobNumber number, const dbus::SlotCertificate& certificate,
                           dbus::Completion<std::monostate> done) override;

  bool runs_jobs(uid_t uid) const override;
  dbus::JobWork take_job(const dbus::Caller& caller, dbus::JobNumber number) override;
  void report_stage(const dbus::Caller& caller, dbus::JobNumber number, const std::string& stage) override;
  void propose_anchors(const dbus::Caller& caller, dbus::JobNumber number,
                       const std::vector<dbus::ProposedAnchor>& anchors) override;
  void deliver_anchors(const dbus::Caller& caller, dbus::JobNumber number, const std::vector<dbus::Bytes>& anchors,
                       const std::vector<dbus::Bytes>& links) override;
  void deliver_certificate(const dbus::Caller& caller, dbus::JobNumber number, const dbus::JobCertificate& certificate,
                           dbus::Completion<std::monostate> done) override;
  void postpone_job(const dbus::Caller& caller, dbus::JobNumber number, std::uint32_t seconds,
                    const dbus::Bytes& continuation) override;
  void fail_job(const dbus::Caller& caller, dbus::JobNumber number, const dbus::JobFailure& failure) override;
  dbus::JobWork take_contact(const dbus::Caller& caller, const std::string& profile) override;
  void report_contact(const dbus::Caller& caller, const std::string& profile,
                      const dbus::ContactOutcome& outcome) override;
  void runner_vanished(const std::string& bus_name) override;
  void service_left() override;
  void service_missing(const std::string& problem) override;

  // For the signals of the bus.
  [[nodiscard]] dbus::JobInfo info(const Job& job) const;

 private:
  Enrolment& enrolment_;
  AuthorityContacts& contacts_;
  const StateAnchor& anchor_;
};

}  // namespace edgeseal::agent
