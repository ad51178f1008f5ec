#include <fmt/format.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/failure.h"
#include "agent/renewal/certificate_validity.h"
#include "agent/renewal/enrolment.h"

// The part of Enrolment that says what becomes of a try.
namespace edgeseal::agent {

namespace {

constexpr std::chrono::seconds installation_pause = std::chrono::minutes(1);

// What there is to know of the certificate that came.
std::string remark_on(const Job& job) {
  if (!job.modified) return {};
  return "the authority granted it with modifications (its words: journalctl -u edgeseal-enroll)";
}

}  // namespace

void Enrolment::set_back(JobNumber number, Setback setback, std::chrono::seconds at_least, JobState state,
                         const std::function<void(Job&)>& edit) {
  end_run(number);
  const Job before = jobs_.get(number);
  const std::string name = before.slot.key_name();
  plan_.failed(name, setback, at_least, now());
  jobs_.settle(number, [&](Job& job) {
    job.state = state;
    job.stage.clear();
    if (const RenewalAttempts* attempts = plan_.attempts(name)) job.attempts = *attempts;
    if (setback != Setback::needs_person) job.needs.clear();
    edit(job);
  });
  if (const Job& job = jobs_.get(number); !job.needs.empty() && job.needs != before.needs)
    tell(Level::warning, "enrolment-held-up", fmt::format("{}: {}", name, job.needs), job);
  look();
  if (world_.changed) world_.changed();
}

void Enrolment::await_credential(JobNumber number, const CredentialNeed& need) {
  set_back(number, Setback::needs_person, {}, JobState::awaiting_credential, [&](Job& job) {
    job.needs = need.text;
    job.error_class.clear();  // no secret was refused
  });
}

// By the agent itself. What is on the disk stays as it was, and so does the request: an authority may have it already.
void Enrolment::refuse(JobNumber number, const Error& error) {
  refuse(number, error, JobState::scheduled, [](Job&) {});
}

// The certificate stays where it can be installed later; else the next try makes another request. One that somebody
// carries stays: another key would make what is signed for it worthless.
void Enrolment::refuse_certificate(JobNumber number, const Error& error) {
  if (passes_by_itself(error.code())) return refuse(number, error);
  if (!is_carried(jobs_.get(number)))
    return refuse(number, error, JobState::scheduled, [this](Job& changed) { drop_request(changed); });
  refuse(number, error, JobState::awaiting_certificate, [](Job& changed) {
    changed.certificate.clear();
    changed.chain.clear();
    changed.needs = signature_needed(changed.number);
  });
}

void Enrolment::refuse(JobNumber number, const Error& error, JobState state, const std::function<void(Job&)>& edit) {
  const Job job = jobs_.get(number);
  if (has_ended(job.state)) return;
  if (job.error_class != bus_name(error.code()))
    tell(Level::warning, "enrolment-failed", fmt::format("{}: {}", job.slot.key_name(), error.what()), job,
         {{"error", std::string(bus_name(error.code()))}});
  const bool passing = passes_by_itself(error.code());
  const Setback setback = awaits_somebody(state) ? Setback::needs_person
                          : passing              ? Setback::postponed
                                                 : Setback::refused;
  set_back(number, setback, passing ? installation_pause : std::chrono::seconds(0), state, [&](Job& changed) {
    changed.error_class = bus_name(error.code());
    changed.message = error.what();
    edit(changed);
  });
}

void Enrolment::lost(JobNumber number, const std::string& how) {
  set_back(number, Setback::unreachable, {}, JobState::scheduled, [&](Job& job) {
    job.error_class = "transport";
    job.message = how;
  });
}

// The anchors of another application's group come first.
void Enrolment::install_delivered(JobNumber number, Answer<std::monostate> answer) {
  if (!answer) answer = [](const std::variant<std::monostate, Error>&) {};
  try {
    if (busy()) throw Error(Code::busy, "somebody inhibits changes; it is installed afterwards");
    if (locked()) throw Error(Code::busy, "the TPM does not know this disk: see edgesealctl setup status");
    jobs_.change(number, [](Job& changed) {
      changed.state = JobState::installing;
      changed.stage = "installing";
    });
  } catch (const Error& error) {
    return put_off(number, error, answer);
  }
  apply_anchors_elsewhere(jobs_.get(number),
                          [this, number, answer](const std::variant<std::monostate, Error>& outcome) {
                            const auto* error = std::get_if<Error>(&outcome);
                            if (error != nullptr && passes_by_itself(error->code()))
                              return put_off(number, *error, answer);
                            if (error != nullptr) log_failure(Level::error, "new anchors could not be applied", *error);
                            put_into_force(number, answer);
                          });
}

void Enrolment::put_into_force(JobNumber number, const Answer<std::monostate>& answer) {
  const Job job = jobs_.get(number);
  try {
    stage(job);
    services_.groups.apply(owner_, job.slot.application, {},
                           [this, number, answer](const std::variant<std::monostate, Error>& outcome) {
                             conclude(number, outcome);
                             answer(outcome);
                           });
  } catch (const Error& error) {
    services_.groups.withdraw(owner_, job.slot.application);
    put_off(number, error, answer);
  }
}

// Whoever brought a certificate that is kept has done his part.
void Enrolment::put_off(JobNumber number, const Error& error, const Answer<std::monostate>& answer) {
  refuse_certificate(number, error);
  if (!passes_by_itself(error.code())) return answer(error);
  answer(std::monostate{});
}

// The certificate is in force, or it is not, whether that can be written or not.
void Enrolment::conclude(JobNumber number, const std::variant<std::monostate, Error>& outcome) {
  if (const auto* error = std::get_if<Error>(&outcome)) return refuse_certificate(number, *error);
  installed(number);
}

void Enrolment::stage(const Job& job) {
  const auto in_use = services_.state.intact_certificate(job.slot);
  const bool is_authority = profiles_.get(job.profile).is_authority;
  require_usable(job.certificate, is_authority ? Wanted::authority : Wanted::end_entity,
                 in_use ? ByteView(in_use->certificate) : ByteView(), now().day);
  services_.groups.update(owner_, {job.slot.application, job.slot.group},
                          {job.slot.certificate_type, job.certificate, job.chain});
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  if (profile.trust_group && profile.trust_group->application == job.slot.application)
    stage_anchors(*profile.trust_group, job.anchors);
}

// Nothing that is trusted goes.
bool Enrolment::stage_anchors(const dbus::GroupName& group, const std::vector<Bytes>& anchors) {
  TrustList list = services_.lists.record(group).list;
  const std::size_t before = list.trusted_certificates.size();
  for (const Bytes& anchor : anchors)
    if (std::ranges::find(list.trusted_certificates, anchor) == list.trusted_certificates.end())
      list.trusted_certificates.push_back(anchor);
  if (list.trusted_certificates.size() == before) return false;
  services_.groups.stage_trust_list(owner_, services_.lists.check(group, std::move(list), day()));
  return true;
}

// Of another application than the slot's: a transaction of its own.
void Enrolment::apply_anchors_elsewhere(const Job& job, const Answer<std::monostate>& answer) {
  std::variant<std::monostate, Error> outcome;
  std::optional<dbus::GroupName> group;
  try {
    group = profiles_.get(job.profile).trust_group;
    const bool is_elsewhere = group && group->application != job.slot.application;
    if (is_elsewhere && stage_anchors(*group, job.anchors))
      return services_.groups.apply(owner_, group->application, {}, answer);
  } catch (const Error& error) {
    if (group) services_.groups.withdraw(owner_, group->application);
    outcome = error;
  }
  answer(outcome);
}

void Enrolment::installed(JobNumber number) {
  const Job job = jobs_.get(number);
  const std::string remark = remark_on(job);
  tell(Level::notice, "certificate-enrolled",
       fmt::format("{} has a new certificate{}{}", job.slot.key_name(), remark.empty() ? "" : "; ", remark), job,
       {{"modified", job.modified ? "true" : "false"}});
  end(number, JobState::done);
  by_itself("serving those of a local authority", [&] { serve_those_of(job.slot); });  // their profiles may be gone
}

// Who waits for the certificate of a local authority need not wait for the next try.
void Enrolment::serve_those_of(const Slot& authority) {
  for (const Kept& one : kept_) {
    const EnrolmentProfile& profile = profiles_.get(one.profile);
    if (profile.protocol != EnrolmentProtocol::local_ca || slot_of(profile.ca) != authority) continue;
    if (jobs_.under_way(one.slot) != nullptr) plan_.demand(one.slot.key_name());
  }
}

// What is cancelled is so on the disk, or not at all.
void Enrolment::end(JobNumber number, JobState state) {
  const Job job = jobs_.get(number);
  const std::string name = job.slot.key_name();
  const auto close = [&](Job& changed) {
    changed.state = state;
    changed.stage.clear();
    changed.needs.clear();
    if (state == JobState::done) {
      changed.error_class.clear();
      changed.message = remark_on(changed);
    }
    drop_request(changed);
    changed.proposed.clear();
    changed.approved.clear();
    changed.anchors.clear();
  };
  if (state == JobState::done) {
    jobs_.settle(number, close);
  } else {
    remove_key(job);
    jobs_.change(number, close);
  }
  end_run(number);
  secrets_.erase(number);
  if (state == JobState::done)
    plan_.succeeded(name, now());
  else
    plan_.dismiss(name, now());
  look();
  if (world_.changed) world_.changed();
}

void Enrolment::tell(Level level, AuditKind kind, const std::string& message, const Job& job,
                     Audit::Fields fields) const {
  fields.insert({{"key", job.slot.key_name()}, {"profile", job.profile}, {"job", std::to_string(job.number)}});
  services_.audit.record(level, kind, message, fields);
}

}  // namespace edgeseal::agent
