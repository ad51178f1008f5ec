#include "agent/renewal/enrolment.h"
#include "agent/state/record_json.h"

// The part of Enrolment that says what has changed for a job that is under way.
namespace edgeseal::agent {

namespace {

// Who awaits a credential makes no use of its request before that is there.
bool may_drop_request(const Job& job) {
  const bool has_request = job.state == JobState::scheduled || job.state == JobState::ready ||
                           job.state == JobState::awaiting_approval || job.state == JobState::awaiting_certificate;
  return has_request && job.certificate.empty();
}

}  // namespace

// What somebody was to bring may be there meanwhile: a device identity, a credential of systemd, or a clock by which
// the certificate has not ended; or the profile asks nobody for it any more.
void Enrolment::reconsider() {
  for_each_job([this](const Job& job) {
    if (!awaits_somebody(job.state) || waits_for_profile(job)) return;
    if (is_awaited(job, profiles_.get(job.profile))) return;
    jobs_.change(job.number, [](Job& changed) {
      changed.state = JobState::scheduled;
      changed.proposed.clear();
      changed.needs.clear();
    });
    plan_.demand(job.slot.key_name());
  });
}

// A secret that the authority refused is not tried again by itself.
bool Enrolment::is_awaited(const Job& job, const EnrolmentProfile& profile) {
  if (job.state == JobState::awaiting_certificate) return profile.protocol == EnrolmentProtocol::external;
  if (!needs_network(profile.protocol)) return false;
  if (job.state == JobState::awaiting_approval) return profile.trust == FirstTrust::person && profile.anchors.empty();
  const auto credential = credential_of(job, profile);
  const auto* choice = std::get_if<CredentialChoice>(&credential);
  return choice == nullptr || (choice->credential == Credential::secret && is_about_credentials(job.error_class));
}

// A request for another authority, or of other names or another key, than is wanted by now; what a person has said of
// that authority goes with it. What somebody has taken goes on to its end.
void Enrolment::drop_outdated() {
  for_each_job([this](const Job& job) {
    if (!may_drop_request(job) || job.terms.empty() || waits_for_profile(job)) return;
    if (job.terms == terms_of(job.slot, profiles_.get(job.profile))) return;
    set_back(job.number, Setback::postponed, {}, JobState::scheduled, [this](Job& changed) {
      drop_request(changed);
      changed.terms.clear();
      changed.proposed.clear();
      changed.approved.clear();
      changed.anchors.clear();
    });
    plan_.demand(job.slot.key_name());
  });
}

// Whom a request goes to, and what it is made of.
Bytes Enrolment::terms_of(const Slot& slot, const EnrolmentProfile& profile) {
  const ApplicationRecord application = services_.applications.get(slot.application);
  const Json terms =
      Json::array({protocol_name(profile.protocol), profile.url, profile.discover, profile.discover_domain,
                   profile.label, profile.helper, profile.subject, profile.dns_names, profile.ip_addresses,
                   profile.key == KeyRenewal::same_key, application.application_uri, declaration_of(slot).text()});
  return sha256_bytes(to_cbor(terms));
}

}  // namespace edgeseal::agent
