#include <fmt/format.h>

#include <algorithm>

#include "agent/host_name.h"
#include "agent/renewal/certificate_validity.h"
#include "agent/renewal/enrolment.h"
#include "agent/renewal/secret_weakness.h"

// The part of Enrolment that leads from what is due to a request that somebody can take.
namespace edgeseal::agent {

namespace {

// A request that a person made is left alone until then.
constexpr std::chrono::days spared_before_end{7};

KeyId key_of(ByteView request) {
  const auto* begin = octets(request);
  const RequestPtr parsed(d2i_X509_REQ(nullptr, &begin, static_cast<long>(request.size())));
  require_openssl(parsed != nullptr, "d2i_X509_REQ");
  return sha256(der_of(X509_REQ_get0_pubkey(parsed.get()), i2d_PUBKEY));
}

bool is_made_for(const Job& job, const KeyRecord& pending) {
  return job.made_key && job.key == pending.id;
}

bool names(const std::vector<Credential>& credentials, Credential credential) {
  return std::ranges::find(credentials, credential) != credentials.end();
}

}  // namespace

void Enrolment::prepare(JobNumber number) {
  const Job job = jobs_.get(number);
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  if (!job.certificate.empty()) return install_delivered(number, {});
  if (needs_network(profile.protocol)) {
    const auto credential = credential_of(job, profile);
    if (const auto* need = std::get_if<CredentialNeed>(&credential)) return await_credential(number, *need);
    jobs_.change(number, [&](Job& changed) { changed.renews = std::get<CredentialChoice>(credential).renews; });
    require_anchors(job.approved, profile);
    if (std::get<CredentialChoice>(credential).credential == Credential::secret) (void)user_of(job, profile);
  }
  if (request_stands(job)) return dispatch(number);
  keep_clear_of_others(job);
  make_request(number, profile);
}

std::variant<CredentialChoice, CredentialNeed> Enrolment::credential_of(const Job& job,
                                                                        const EnrolmentProfile& profile) {
  using Certificate = CredentialSituation::Certificate;
  const auto validity = validity_of(services_.state, job.slot);
  CredentialSituation situation;
  if (validity)
    situation.certificate =
        validity->end > now().day && !job.refused_certificate ? Certificate::good : Certificate::ended;
  if (profile.credentials.empty() && situation.certificate != Certificate::good)
    return profile.protocol == EnrolmentProtocol::helper
               ? std::variant<CredentialChoice, CredentialNeed>(CredentialChoice{Credential::none, false})
               : choose_credential(profile.credentials, situation);
  situation.device_identity = names(profile.credentials, Credential::device_identity) && device_identity();
  const auto secret = names(profile.credentials, Credential::secret) && !job.secret_spent
                          ? secrets_.get(job.number, profile.secret_credential)
                          : std::nullopt;
  const std::string weakness = secret ? weakness_of(secret->view(), profile) : "";
  situation.secret = secret && weakness.empty();
  auto outcome = choose_credential(profile.credentials, situation);
  if (auto* need = std::get_if<CredentialNeed>(&outcome); need != nullptr && !weakness.empty())
    need->text = fmt::format(
        "credentials required: {}; one that systemd gives is read again by systemctl restart "
        "edgeseald.service",
        weakness);
  return outcome;
}

std::optional<IdentityCertificate> Enrolment::device_identity() {
  const std::vector<IdentityCertificate> identities = services_.identity.installed();
  const auto usable = std::ranges::find_if(identities, [](const auto& identity) { return identity.obstacle.empty(); });
  if (usable != identities.end()) return *usable;
  if (!identities.empty()) throw Error(Code::security_checks_failed, identities.front().obstacle);
  return std::nullopt;
}

std::string Enrolment::user_of(const Job& job, const EnrolmentProfile& profile) {
  return expand(profile.user, template_values(services_.applications.get(job.slot.application)));
}

// The key may be gone by a reset, or by a request that somebody made since.
bool Enrolment::request_stands(const Job& job) {
  if (job.request.empty()) return false;
  const auto key = services_.state.key(job.key);
  return key && key->slot == job.slot && key->status != KeyStatus::retired;
}

void Enrolment::keep_clear_of_others(const Job& job) {
  const auto pending = services_.state.key(job.slot, KeyStatus::pending);
  if (!pending || is_made_for(job, *pending) || job.by_hand) return;
  const auto validity = validity_of(services_.state, job.slot);
  if (!validity || validity->end - now().day < spared_before_end) return;
  throw Error(Code::invalid_state,
              fmt::format("somebody has a request for {} under way; remedy: install its certificate, or replace it by "
                          "edgesealctl renew {}",
                          job.slot.key_name(), job.slot.key_name()));
}

// A key from outside is never certified again.
void Enrolment::make_request(JobNumber number, const EnrolmentProfile& profile) {
  const Job job = jobs_.get(number);
  CertificateGroups::Wish wish = wish_for(job, profile);
  const auto active = services_.state.key(job.slot, KeyStatus::active);
  const auto pending = services_.state.key(job.slot, KeyStatus::pending);
  const bool has_key = active || pending;
  const bool is_others = pending && !is_made_for(job, *pending);
  wish.regenerate_private_key = profile.key == KeyRenewal::new_key || (active && active->exposed);
  const Bytes terms = terms_of(job.slot, profile);
  jobs_.change(number, [&](Job& changed) {
    changed.state = JobState::preparing;
    changed.terms = terms;
    changed.stage = "making key and request";
    drop_request(changed);  // of a key that is gone
    changed.made_key = wish.regenerate_private_key || !has_key;
    changed.key = {};
  });
  services_.groups.create_signing_request(
      owner_, wish, [this, number, others = is_others ? pending->id : KeyId{}](std::variant<Bytes, Error> outcome) {
        try {
          if (const auto* error = std::get_if<Error>(&outcome)) throw *error;
          requested(number, std::get<Bytes>(outcome));
        } catch (const Error& error) {
          own_pending_key(number, others);
          if (has_ended(jobs_.get(number).state)) return remove_key(jobs_.get(number));
          refuse(number, error);
        }
      });
}

// A key without a request is the job's, too, and goes with it. `others`: the pending key that was not made for it.
void Enrolment::own_pending_key(JobNumber number, const KeyId& others) {
  const Job job = jobs_.get(number);
  const auto pending = services_.state.key(job.slot, KeyStatus::pending);
  const bool made = job.made_key && pending && pending->id != others;
  jobs_.settle(number, [&](Job& changed) {
    changed.made_key = made;
    changed.key = made ? pending->id : KeyId{};
  });
}

CertificateGroups::Wish Enrolment::wish_for(const Job& job, const EnrolmentProfile& profile) {
  CertificateGroups::Wish wish;
  wish.slot = job.slot;
  wish.subject = wanted_subject(job.slot, profile);
  wish.key = declaration_of(job.slot).key;
  return wish;
}

SlotDeclaration Enrolment::declaration_of(const Slot& slot) {
  for (const SlotDeclaration& declaration : services_.applications.get(slot.application).slots)
    if (declaration.group == slot.group && declaration.certificate_type == slot.certificate_type) return declaration;
  throw Error(Code::not_found, fmt::format("there is no slot {} any more; see edgesealctl application show {}",
                                           slot.key_name(), slot.application));
}

TemplateValues Enrolment::template_values(const ApplicationRecord& application) {
  return {host_name(), application.name, application.application_uri, services_.identity.serial_number(),
          services_.identity.product_instance_uri()};
}

CertificateSubject Enrolment::wanted_subject(const Slot& slot, const EnrolmentProfile& profile) {
  const ApplicationRecord application = services_.applications.get(slot.application);
  const TemplateValues values = template_values(application);
  CertificateSubject wanted;
  wanted.distinguished_name = expand_name(profile.subject, values);
  for (const std::string& name : profile.dns_names) wanted.dns_names.push_back(expand(name, values));
  wanted.ip_addresses = profile.ip_addresses;
  if (const auto current = services_.state.intact_certificate(slot)) wanted.certificate = current->certificate;
  return subject_for(application, std::move(wanted));
}

// Where the job was cancelled meanwhile, its key goes.
void Enrolment::requested(JobNumber number, const Bytes& request) {
  const KeyId key = key_of(request);
  jobs_.change(number, [&](Job& job) {
    job.key = key;
    if (has_ended(job.state)) return;
    job.request = request;
    job.requested_at = now().elapsed;
    job.continuation.clear();
  });
  if (has_ended(jobs_.get(number).state)) return remove_key(jobs_.get(number));
  dispatch(number);
  look();  // another one may be wanted by now
}

// The next try makes a new one, in the place of the present key.
void Enrolment::drop_request(Job& job) {
  job.request.clear();
  job.continuation.clear();
  job.certificate.clear();
  job.chain.clear();
  job.modified = false;
}

void Enrolment::remove_key(const Job& job) {
  if (!job.made_key || job.key == KeyId{}) return;
  services_.state.remove_pending_key(job.key);
  if (!services_.state.key(job.key)) services_.keys.evict(job.key);
}

void Enrolment::dispatch(JobNumber number) {
  const Job job = jobs_.get(number);
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  if (profile.protocol == EnrolmentProtocol::external)
    return set_back(number, Setback::needs_person, {}, JobState::awaiting_certificate, [&](Job& changed) {
      changed.needs = signature_needed(number);
      changed.stage.clear();
    });
  if (!needs_network(profile.protocol)) return issue_here(number, profile);
  jobs_.change(number, [](Job& changed) {
    changed.state = JobState::ready;
    changed.stage = "waiting for the enrolment service";
    changed.needs.clear();
  });
  if (world_.job_waiting) world_.job_waiting(number);
  if (world_.changed) world_.changed();
}

// By somebody, to an authority and back; not where profile or key have gone.
bool Enrolment::is_carried(const Job& job) {
  const auto found = std::ranges::find(profiles_.all(), job.profile, &ProfileFile::name);
  if (found == profiles_.all().end() || !found->profile || found->profile->protocol != EnrolmentProtocol::external)
    return false;
  try {
    return request_stands(job);
  } catch (const Error&) {
    return true;  // nobody knows now
  }
}

std::string Enrolment::signature_needed(JobNumber number) {
  return fmt::format("have the request signed: edgesealctl job request {0}, then job install {0}", number);
}

void Enrolment::issue_here(JobNumber number, const EnrolmentProfile& profile) {
  const Job job = jobs_.get(number);
  const LocalAuthority::Order order{job.request, profile.is_authority ? IssuedAs::authority : IssuedAs::end_entity,
                                    day(), profile.lifetime};
  jobs_.change(number, [](Job& changed) { changed.state = JobState::preparing; });
  const Answer<dbus::SlotCertificate> answer = [this, number](std::variant<dbus::SlotCertificate, Error> outcome) {
    try {
      if (const auto* error = std::get_if<Error>(&outcome)) throw *error;
      if (has_ended(jobs_.get(number).state)) return;
      jobs_.change(number, [&](Job& changed) {
        changed.certificate = std::get<dbus::SlotCertificate>(outcome).certificate;
        changed.chain = std::get<dbus::SlotCertificate>(outcome).issuer_certificates;
      });
      install_delivered(number, {});
    } catch (const Error& error) {
      refuse_certificate(number, error);  // nobody else has the request
    }
  };
  if (profile.protocol == EnrolmentProtocol::local_ca) return local_.issue(profile.ca, order, answer);
  local_.self_sign(job.key, order, answer);
}

}  // namespace edgeseal::agent
