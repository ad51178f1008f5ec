#include "agent/renewal/enrolment_ports.h"

#include <algorithm>

#include "agent/access.h"
#include "agent/bus_time.h"
#include "agent/call_error.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

dbus::ProfileInfo profile_info(const ProfileFile& file) {
  dbus::ProfileInfo info;
  info.name = file.name;
  info.problem = file.problem;
  if (!file.profile) return info;
  info.origin = file.profile->origin;
  info.protocol = protocol_name(file.profile->protocol);
  info.url = file.profile->url;
  info.discover = file.profile->discover;
  info.first_contact = first_trust_name(file.profile->trust);
  info.slots = file.profile->slots;
  info.automatic = file.profile->automatic;
  return info;
}

dbus::RenewalInfo renewal_info(const Enrolment::Renewal& renewal) {
  return {.slot = renewal.slot.key_name(),
          .profile = renewal.profile,
          .expires = renewal.validity ? microseconds_of(renewal.validity->end) : 0,
          .due = microseconds_of(renewal.due),
          .next_try = microseconds_of(renewal.next_try),
          .failures = renewal.failures,
          .needs = renewal.needs};
}

template <class Function>
auto all_of_them(const Function& read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error&) {  // the state can't be read now: it has its own alarm
    return {};
  }
}

}  // namespace

std::vector<dbus::JobNumber> EnrolmentPorts::enroll(const dbus::Caller& /*caller*/, dbus::EnrolmentWish wish) {
  return translated([&] {
    require_unlocked(anchor_);
    std::optional<SecretBytes> secret;
    if (wish.secret) secret.emplace(wish.secret->view());
    return enrolment_.enroll(wish.profile, wish.slot, std::move(secret));
  });
}

dbus::JobNumber EnrolmentPorts::renew(const dbus::Caller& /*caller*/, const std::string& slot) {
  return translated([&] {
    require_unlocked(anchor_);
    return enrolment_.renew(slot);
  });
}

void EnrolmentPorts::set_profile(const dbus::Caller& /*caller*/, const std::string& name, const std::string& text) {
  translated([&] {
    require_unlocked(anchor_);
    enrolment_.put_profile(name, text);
  });
}

void EnrolmentPorts::remove_profile(const dbus::Caller& /*caller*/, const std::string& name) {
  translated([&] { enrolment_.remove_profile(name); });
}

void EnrolmentPorts::check_authorities(const dbus::Caller& /*caller*/,
                                       dbus::Completion<std::vector<dbus::AuthorityContact>> done) {
  translated([&] {
    require_unlocked(anchor_);
    contacts_.check(to_answer(std::move(done)));
  });
}

std::vector<dbus::ProfileInfo> EnrolmentPorts::profiles() {
  std::vector<dbus::ProfileInfo> all;
  std::ranges::transform(enrolment_.profiles().all(), std::back_inserter(all), profile_info);
  return all;
}

std::vector<dbus::RenewalInfo> EnrolmentPorts::renewals() {
  return all_of_them([&] {
    std::vector<dbus::RenewalInfo> all;
    for (const auto& renewal : enrolment_.renewals()) all.push_back(renewal_info(renewal));
    return all;
  });
}

std::vector<dbus::JobNumber> EnrolmentPorts::waiting_jobs() {
  return enrolment_.waiting_jobs();
}

std::vector<std::string> EnrolmentPorts::waiting_contacts() {
  return contacts_.waiting();
}

std::vector<dbus::JobInfo> EnrolmentPorts::jobs() {
  std::vector<dbus::JobInfo> all;
  for (const Job& job : enrolment_.jobs().all()) all.push_back(info(job));
  return all;
}

dbus::JobInfo EnrolmentPorts::job(dbus::JobNumber number) {
  return translated([&] { return info(enrolment_.jobs().get(number)); });
}

dbus::JobInfo EnrolmentPorts::info(const Job& job) const {
  dbus::JobInfo info{.number = job.number,
                     .state = std::string(state_name(job.state)),
                     .profile = job.profile,
                     .slot = job.slot.key_name(),
                     .operation = job.renews ? "renew" : "enroll",
                     .stage = job.stage,
                     .error_class = job.error_class,
                     .message = job.message,
                     .needs = job.needs,
                     .failures = job.attempts.failures,
                     .next_try = 0,
                     .created = microseconds_of(job.created),
                     .fingerprints = {},
                     .request = job.request};
  if (job.state == JobState::scheduled) info.next_try = microseconds_of(enrolment_.next_try(job.slot));
  for (const Bytes& anchor : job.proposed) info.fingerprints.push_back(sha256_bytes(anchor));
  return info;
}

void EnrolmentPorts::cancel_job(const dbus::Caller& /*caller*/, dbus::JobNumber number) {
  translated([&] { enrolment_.cancel(number); });
}

void EnrolmentPorts::approve_anchor(const dbus::Caller& /*caller*/, dbus::JobNumber number, const dbus::Bytes& sha256) {
  translated([&] {
    require_unlocked(anchor_);
    enrolment_.approve(number, sha256);
  });
}

void EnrolmentPorts::set_secret(const dbus::Caller& /*caller*/, dbus::JobNumber number, dbus::Secret secret) {
  translated([&] { enrolment_.set_secret(number, SecretBytes(secret.view())); });
}

void EnrolmentPorts::install_certificate(const dbus::Caller& /*caller*/, dbus::JobNumber number,
                                         const dbus::SlotCertificate& certificate,
                                         dbus::Completion<std::monostate> done) {
  translated([&] {
    require_unlocked(anchor_);
    enrolment_.install(number, certificate.certificate, certificate.issuer_certificates, to_answer(std::move(done)));
  });
}

bool EnrolmentPorts::runs_jobs(uid_t uid) const {
  return translated([&] { return find_account(enrolment_.settings().account) == uid; });
}

dbus::JobWork EnrolmentPorts::take_job(const dbus::Caller& caller, dbus::JobNumber number) {
  return translated([&] {
    require_unlocked(anchor_);
    return enrolment_.take(number, caller.bus_name, caller.uid);
  });
}

void EnrolmentPorts::report_stage(const dbus::Caller& caller, dbus::JobNumber number, const std::string& stage) {
  translated([&] { enrolment_.report(number, caller.bus_name, stage); });
}

void EnrolmentPorts::propose_anchors(const dbus::Caller& caller, dbus::JobNumber number,
                                     const std::vector<dbus::ProposedAnchor>& anchors) {
  translated([&] { enrolment_.propose(number, caller.bus_name, anchors); });
}

void EnrolmentPorts::deliver_anchors(const dbus::Caller& caller, dbus::JobNumber number,
                                     const std::vector<dbus::Bytes>& anchors, const std::vector<dbus::Bytes>& links) {
  translated([&] { enrolment_.deliver_anchors(number, caller.bus_name, anchors, links); });
}

void EnrolmentPorts::deliver_certificate(const dbus::Caller& caller, dbus::JobNumber number,
                                         const dbus::JobCertificate& certificate,
                                         dbus::Completion<std::monostate> done) {
  translated([&] { enrolment_.deliver(number, caller.bus_name, certificate, to_answer(std::move(done))); });
}

void EnrolmentPorts::postpone_job(const dbus::Caller& caller, dbus::JobNumber number, std::uint32_t seconds,
                                  const dbus::Bytes& continuation) {
  translated([&] { enrolment_.postpone(number, caller.bus_name, std::chrono::seconds(seconds), continuation); });
}

void EnrolmentPorts::fail_job(const dbus::Caller& caller, dbus::JobNumber number, const dbus::JobFailure& failure) {
  translated([&] { enrolment_.fail(number, caller.bus_name, failure); });
}

dbus::JobWork EnrolmentPorts::take_contact(const dbus::Caller& caller, const std::string& profile) {
  return translated([&] {
    require_unlocked(anchor_);
    return contacts_.take(profile, caller.bus_name);
  });
}

void EnrolmentPorts::report_contact(const dbus::Caller& caller, const std::string& profile,
                                    const dbus::ContactOutcome& outcome) {
  translated([&] { contacts_.report(profile, caller.bus_name, outcome); });
}

void EnrolmentPorts::runner_vanished(const std::string& bus_name) {
  translated([&] {
    contacts_.runner_vanished(bus_name);
    enrolment_.runner_vanished(bus_name);
  });
}

void EnrolmentPorts::service_left() {
  translated([&] {
    contacts_.service_left();
    enrolment_.service_left();
  });
}

void EnrolmentPorts::service_missing(const std::string& problem) {
  translated([&] {
    contacts_.service_missing(problem);
    enrolment_.service_missing(problem);
  });
}

}  // namespace edgeseal::agent
