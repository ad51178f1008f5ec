#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/group_name.h"
#include "agent/journal.h"
#include "agent/keys/key_reference.h"
#include "agent/renewal/anchor_links.h"
#include "agent/renewal/enrolment.h"
#include "agent/renewal/profile_values.h"

// The part of Enrolment that whoever runs a job talks to.
namespace edgeseal::agent {

namespace {

using std::chrono::seconds;

constexpr seconds pause_after_departure{1};
constexpr seconds pause_while_missing = std::chrono::minutes(5);

// Of a failure, as docs/enrolment.md has them.
constexpr std::array<std::string_view, 17> classes = {"transport",
                                                      "server-untrusted",
                                                      "auth-refused",
                                                      "credentials",
                                                      "redirect",
                                                      "key-mismatch",
                                                      "rollover",
                                                      "replay",
                                                      "expired-needs-bootstrap",
                                                      "protection",
                                                      "weak-protection",
                                                      "rejected",
                                                      "waiting",
                                                      "unsuitable-certificate",
                                                      "policy",
                                                      "clock",
                                                      "cancelled"};

bool wants_new_request(std::string_view failure) {
  return failure == "key-mismatch" || failure == "rejected" || failure == "unsuitable-certificate";
}

std::string key_usage_of(const std::string& certificate_type) {
  if (certificate_type == "tls-client") return "tls-client";
  return certificate_type == "tls-server" || certificate_type == "https" ? "tls-server" : "";
}

std::string credential_name(Credential credential) {
  if (credential == Credential::secret) return "secret";
  return credential == Credential::none ? "none" : "certificate";
}

// "pki.plant.example shows 12AB..."
std::string shown(const std::vector<dbus::ProposedAnchor>& anchors) {
  std::vector<std::string> all;
  for (const dbus::ProposedAnchor& anchor : anchors)
    all.push_back(fmt::format("{} shows {}", anchor.server, hexadecimal(sha256(anchor.certificate))));
  return fmt::format("{}", fmt::join(all, "; "));
}

}  // namespace

dbus::JobWork Enrolment::take(JobNumber number, const std::string& runner, uid_t account) {
  const Job job = jobs_.get(number);
  if (job.state != JobState::ready)
    throw Error(Code::invalid_state, fmt::format("job {} does not wait to be taken", number));
  require_request(job);
  try {
    return hand_out(job, runner, account);
  } catch (const Error& error) {
    if (jobs_.get(number).state == JobState::ready) refuse(number, error);  // else it is known already
    throw;
  }
}

dbus::JobWork Enrolment::hand_out(const Job& job, const std::string& runner, uid_t account) {
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  Run run{runner, account, {}, now().elapsed + settings_.job_time};
  dbus::JobWork work = server_of(profile, job.approved);
  work.helper = profile.helper;
  work.request = job.request;
  work.key_usage = key_usage_of(job.slot.certificate_type);
  work.rejects = profile.refuse;
  work.attributes = profile.stop_at_bad_attributes ? "stop" : "ignore";
  work.continuation = job.continuation;
  work.seconds = static_cast<std::uint32_t>(settings_.job_time.count());
  put_credential(work, job, profile, run);
  const KeyPtr key = services_.keys.find(job.key);
  work.key = key_reference(job.slot.key_name(), key->public_key);
  run.lent.push_back(key->id);
  jobs_.change(job.number, [](Job& changed) {
    changed.state = JobState::running;
    changed.stage = "taken";
  });
  for (const KeyId& id : run.lent) services_.lent.lend(id, account);
  runs_.insert_or_assign(job.number, std::move(run));
  told_missing_ = false;
  look();
  if (world_.changed) world_.changed();
  return work;
}

// Whoever made another request for the slot meanwhile has replaced the key of this one.
void Enrolment::require_request(const Job& job) {
  if (request_stands(job)) return;
  const Error gone(
      Code::invalid_state,
      fmt::format("the key of job {} was replaced by somebody's request; the job makes another", job.number));
  refuse_certificate(job.number, gone);
  throw gone;
}

void Enrolment::put_credential(dbus::JobWork& work, const Job& job, const EnrolmentProfile& profile, Run& run) {
  const auto outcome = credential_of(job, profile);
  if (const auto* need = std::get_if<CredentialNeed>(&outcome)) {
    await_credential(job.number, *need);
    throw Error(Code::invalid_state, need->text);
  }
  const CredentialChoice choice = std::get<CredentialChoice>(outcome);
  work.operation = choice.renews ? "renew" : "enroll";
  work.credential = credential_name(choice.credential);
  run.credential = choice.credential;
  run.secret = secrets_.number(job.number);
  if (choice.credential == Credential::secret) {
    work.user = user_of(job, profile);
    work.realm = profile.realm;
    if (const auto secret = secrets_.get(job.number, profile.secret_credential))
      work.secret = dbus::Secret(secret->view());
  } else if (choice.credential == Credential::device_identity) {
    const auto identity = device_identity();
    work.identity_key = "edgeseal:" + identity->key_name;
    work.identity_certificate = identity->certificate;
    work.identity_chain = identity->issuers;
    run.lent.push_back(services_.keys.find(identity->key_name)->id);
  } else if (const auto current = services_.state.intact_certificate(job.slot); choice.renews && current) {
    work.identity_key = "edgeseal:" + job.slot.key_name();
    work.identity_certificate = work.current_certificate = current->certificate;
    work.identity_chain = current->issuers;
    run.lent.push_back(current->key_id);
  }
}

void Enrolment::require_runner(JobNumber number, const std::string& runner) const {
  const auto found = runs_.find(number);
  if (found == runs_.end() || found->second.runner != runner)
    throw Error(Code::invalid_state, fmt::format("job {} is not yours, or not any more", number));
}

void Enrolment::end_run(JobNumber number) {
  const auto run = runs_.extract(number);
  if (run.empty()) return;
  for (const KeyId& key : run.mapped().lent) services_.lent.take_back(key, run.mapped().account);
}

void Enrolment::report(JobNumber number, const std::string& runner, const std::string& stage) {
  require_runner(number, runner);
  jobs_.show(number, stage);
}

void Enrolment::propose(JobNumber number, const std::string& runner, const std::vector<dbus::ProposedAnchor>& anchors) {
  require_runner(number, runner);
  const Job job = jobs_.get(number);
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  if (profile.trust != FirstTrust::person || !known_anchors(job.approved, profile).empty())
    throw Error(Code::invalid_state, fmt::format("profile {} asks no person", profile.name));
  for (const dbus::ProposedAnchor& anchor : anchors) (void)parse_authority(anchor.certificate);
  set_back(number, Setback::needs_person, {}, JobState::awaiting_approval, [&](Job& changed) {
    changed.proposed.clear();
    for (const dbus::ProposedAnchor& anchor : anchors) changed.proposed.push_back(anchor.certificate);
    changed.needs =
        fmt::format("compare the fingerprint with what the operator says ({}), then: edgesealctl job approve {} SHA256",
                    shown(anchors), number);
  });
}

// The first anchors are those that the profile vouches for; later ones need a link. They take the place of what was
// delivered before: it may come any number of times.
void Enrolment::deliver_anchors(JobNumber number, const std::string& runner, const std::vector<Bytes>& anchors,
                                const std::vector<Bytes>& links) {
  require_runner(number, runner);
  const Job job = jobs_.get(number);
  const EnrolmentProfile& profile = profiles_.get(job.profile);
  std::vector<Bytes> known = known_anchors(job.approved, profile);
  const bool is_first = known.empty();
  for (const Bytes& anchor : anchors) {
    const auto digest = sha256(anchor);
    const bool vouched = profile.trust == FirstTrust::system ||
                         (profile.trust == FirstTrust::fingerprint && std::ranges::equal(digest, profile.fingerprint));
    if (is_first && vouched) known.push_back(anchor);
  }
  std::vector<Bytes> accepted = linked_anchors(anchors, links, known, day());
  if (is_first) accepted.insert(accepted.end(), known.begin(), known.end());
  jobs_.change(number, [&](Job& changed) {
    changed.anchors = changed.approved;
    std::ranges::copy(accepted, std::back_inserter(changed.anchors));
  });
}

void Enrolment::deliver(JobNumber number, const std::string& runner, const dbus::JobCertificate& issued,
                        Answer<std::monostate> answer) {
  require_runner(number, runner);
  jobs_.settle(number, [&](Job& job) {
    job.certificate = issued.certificate;
    job.chain = issued.chain;
    job.modified = issued.modified;
  });
  end_run(number);
  install_delivered(number, std::move(answer));
}

// A request that stays without an answer for too long is made anew (OPC 10000-12 §7.6).
void Enrolment::postpone(JobNumber number, const std::string& runner, seconds pause, const Bytes& continuation) {
  require_runner(number, runner);
  const Job job = jobs_.get(number);
  const bool too_long = now().elapsed - job.requested_at > profiles_.get(job.profile).give_up_after;
  set_back(number, too_long ? Setback::refused : Setback::postponed, clamped_retry_after(pause), JobState::scheduled,
           [&](Job& changed) {
             changed.error_class = "waiting";
             changed.message = too_long ? "the authority left the request without an answer; it gets a new one"
                                        : "the authority has the request and is asked again";
             changed.continuation = continuation;
             if (too_long) drop_request(changed);
           });
}

void Enrolment::require_class(const std::string& failure_class) {
  (void)chosen<int>(classes, failure_class);
}

// A secret that somebody gave since is none that was refused.
void Enrolment::fail(JobNumber number, const std::string& runner, const dbus::JobFailure& failure) {
  require_class(failure.failure_class);
  require_runner(number, runner);
  const Job job = jobs_.get(number);
  if (failure.failure_class == "cancelled") return lost(number, failure.message);
  const Run& run = runs_.at(number);
  const bool is_latest = run.secret == secrets_.number(number);
  const bool secret_refused = run.credential == Credential::secret && is_about_credentials(failure.failure_class);
  const bool needs_secret = secret_refused && is_latest;
  const bool is_unreachable = failure.failure_class == "transport";
  const bool is_spent = failure.secret_spent && is_latest;
  if (is_spent) secrets_.erase(number);
  tell(Level::warning, "enrolment-failed", fmt::format("{}: {}", job.slot.key_name(), failure.message), job,
       {{"error", failure.failure_class}});
  const Setback setback = needs_secret     ? Setback::needs_person
                          : is_unreachable ? Setback::unreachable
                                           : Setback::refused;
  const seconds at_least = failure.retry_after == 0 ? seconds(0) : clamped_retry_after(seconds(failure.retry_after));
  set_back(number, setback, at_least, needs_secret ? JobState::awaiting_credential : JobState::scheduled,
           [&](Job& changed) {
             changed.error_class = failure.failure_class;
             changed.message = failure.message;
             changed.continuation.clear();
             changed.secret_spent = changed.secret_spent || is_spent;
             if (needs_secret) changed.needs = "the authority refuses the secret: give another one, or this one again";
             if (failure.failure_class == "expired-needs-bootstrap") changed.refused_certificate = true;
             if (wants_new_request(failure.failure_class)) drop_request(changed);
           });
  if (secret_refused && !is_latest) plan_.demand(job.slot.key_name());
}

void Enrolment::runner_vanished(const std::string& runner) {
  std::vector<JobNumber> left;
  for (const auto& [number, run] : runs_)
    if (run.runner == runner) left.push_back(number);
  for (const JobNumber number : left) lost(number, "the enrolment service has ended meanwhile");
}

std::vector<JobNumber> Enrolment::waiting_jobs() const {
  std::vector<JobNumber> numbers;
  for (const Job& job : jobs_.all())
    if (job.state == JobState::ready) numbers.push_back(job.number);
  return numbers;
}

// It ends when it had nothing to do; a job that came just then is for the next one.
void Enrolment::service_left() {
  if (!waiting_jobs().empty()) call_service_after(pause_after_departure);
}

void Enrolment::service_missing(const std::string& problem) {
  const std::vector<JobNumber> waiting = waiting_jobs();
  if (waiting.empty()) return;  // somebody took them meanwhile
  const std::string stage =
      fmt::format("nobody runs jobs: {:.200}; remedy: systemctl status edgeseal-enroll.service", problem);
  for (const JobNumber number : waiting) jobs_.show(number, stage);
  if (!std::exchange(told_missing_, true)) log(Level::warning, Event::enrolment_unattended, stage);
  call_service_after(pause_while_missing);
}

void Enrolment::call_service_after(seconds pause) {
  next_call_ = now().elapsed + pause;
  look();
}

void Enrolment::call_service() {
  if (!next_call_ || *next_call_ > now().elapsed) return;
  next_call_.reset();
  const std::vector<JobNumber> waiting = waiting_jobs();
  if (!waiting.empty() && world_.job_waiting) world_.job_waiting(waiting.front());
}

}  // namespace edgeseal::agent
