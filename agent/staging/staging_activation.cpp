#include <fmt/format.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/certificates/certificate.h"
#include "agent/certificates/opc_ua_names.h"
#include "agent/device/device_names.h"
#include "agent/failure.h"
#include "agent/group_name.h"
#include "agent/scoped_flag.h"
#include "agent/staging/staging.h"
#include "agent/trust/certificate_judgement.h"
#include "agent/trust/path.h"
#include "agent/trust/validation.h"

// How what is staged comes into force, proves itself, or is undone.
namespace edgeseal::agent {

namespace {

const TransactionOwner owner{staged_trust_record};

bool has_slot(const StagedEntry& entry) {
  return !entry.slot.application.empty();
}

void put(std::vector<Bytes>& certificates, const Bytes& certificate) {
  if (std::ranges::find(certificates, certificate) == certificates.end()) certificates.push_back(certificate);
}

Audit::Fields fields_of(const StagedSet& set) {
  return {{"application", set.group.application}, {"group", set.group.group}};
}

StagedSet changed(StagedSet set, StagedPhase phase, const std::string& problem) {
  set.phase = phase;
  set.problem = problem;
  return set;
}

// Those above it, the root not: it gives no trust.
std::vector<Bytes> issuers_of(const TrustStore& store, const Bytes& certificate) {
  try {
    const auto path = build_path(store, std::span(&certificate, 1));
    std::vector<Bytes> issuers;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) issuers.push_back(der_of(path[i].get(), i2d_X509));
    return issuers;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

TrustList Staging::wanted_list() {
  TrustList list = services_.lists.record(set_->group).list;
  for (const StagedEntry& entry : set_->entries) {
    if (has_slot(entry)) continue;
    const bool gives_trust = entry.role != role_name(StagedRole::intermediate);
    put(gives_trust ? list.trusted_certificates : list.issuer_certificates, entry.certificate);
  }
  return list;
}

// What was good when it came is judged again: the clock may have been set, the list changed.
void Staging::stage_changes() {
  const CheckedTrustList checked = services_.lists.check(set_->group, wanted_list(), world_.now().time);
  for (const StagedEntry& entry : set_->entries)
    if (has_slot(entry))
      services_.groups.stage_certificate(
          owner, {entry.slot.application, entry.slot.group},
          {entry.slot.certificate_type, entry.certificate, issuers_of(*checked.store, entry.certificate)}, {});
  services_.groups.stage_trust_list(owner, checked);
}

void Staging::activate(Answer<std::monostate> answer) {
  load();
  settle();
  if (!set_) throw Error(Code::nothing_to_do, "nothing is staged");
  if (activating_ || set_->phase == StagedPhase::verifying)
    throw Error(Code::invalid_state, "it is active already, and waits for the first contact to be reported");
  if (!set_->complete())
    throw Error(
        Code::invalid_state,
        "some certificates are still to be fetched; remedy: edgesealctl stage show says what hinders it; else discard "
        "what is staged");
  make_application(set_->group);
  const StagedPhase before = set_->phase;
  try {
    stage_changes();
    apply_changes(std::move(answer));
  } catch (const Error&) {
    cancel_changes(before);
    throw;
  }
}

void Staging::apply_changes(Answer<std::monostate> answer) {
  activating_ = true;
  // Before the commit: a start finds out which of the two it is.
  keep(changed(*set_, StagedPhase::verifying, ""));
  services_.groups.apply(owner, set_->group.application, {settings_.verify_within, false},
                         [this, answer = std::move(answer)](std::variant<std::monostate, Error> applied) {
                           activating_ = false;
                           if (const auto* error = std::get_if<Error>(&applied)) activation_failed(*error);
                           proceed(answer, applied, [&](std::monostate) {
                             begin_verifying();
                             answer(std::monostate{});
                           });
                         });
}

// They were never applied.
void Staging::cancel_changes(StagedPhase phase) {
  services_.groups.withdraw(owner, set_->group.application);
  activating_ = false;
  if (set_->phase != phase) keep(changed(*set_, phase, set_->problem));
}

void Staging::activation_failed(const Error& error) {
  if (!set_) return;
  accept(changed(*set_, StagedPhase::failed, error.what()));
  tell(Level::warning, "staged-trust-refused",
       fmt::format("what is staged for {} does not go into force: {}", name_of(set_->group), error.what()),
       fields_of(*set_));
}

void Staging::begin_verifying() {
  if (!set_) return;
  services_.setup.begin_verifying(fmt::format("what was staged for {}", name_of(set_->group)));
  tell(Level::notice, "staged-trust-activated",
       fmt::format(
           "what was staged for {} is in force for {} seconds, or for good once a server has proved itself by it",
           name_of(set_->group), settings_.verify_within.count()),
       fields_of(*set_));
  keep(changed(*set_, set_->phase, ""));
}

void Staging::discard() {
  load();
  settle();
  if (!set_) throw Error(Code::nothing_to_do, "nothing is staged");
  if (activating_) throw Error(Code::invalid_state, "it is just going into force; try again");
  if (set_->phase == StagedPhase::verifying) undo(StagedPhase::failed, "it was discarded");
  const StagedSet gone = *set_;
  record_.remove();  // first: no start puts into force what has lost its keys; who tries again finds it here
  remove_keys();
  keep(std::nullopt);
  tell(Level::notice, "staged-trust-discarded", fmt::format("what was staged for {} is gone", name_of(gone.group)),
       fields_of(gone));
}

// Keys that came along and are still waiting for their certificate.
void Staging::remove_keys() {
  for (const StagedEntry& entry : set_->entries) {
    if (!has_slot(entry)) continue;
    if (const auto key = services_.state.key(entry.slot, KeyStatus::pending))
      services_.state.remove_pending_key(key->id);
  }
}

// --- the first contact

StagedSet& Staging::verifying() {
  load();
  settle();
  if (!set_ || activating_ || set_->phase != StagedPhase::verifying)
    throw Error(Code::invalid_state, "nothing waits for a contact; see edgesealctl stage show");
  return *set_;
}

std::string Staging::report_contact(std::span<const Bytes> chain, const std::string& host, const std::string& failure) {
  StagedSet& set = verifying();
  const std::string problem = failure.empty() ? problem_with(chain, host) : failure;
  if (problem.empty()) {
    confirm(set.group.application);
    conclude_verified(host);
  } else {
    undo(StagedPhase::failed, problem);
  }
  return problem;
}

// Who hears of it asks what is staged, before it is concluded.
void Staging::confirm(const std::string& application) {
  const ScopedFlag concluding(concluding_);
  services_.groups.confirm(application);
}

// A certificate that is in the list itself is the server's, whatever names it shows; another one must be for the host.
std::string Staging::problem_with(std::span<const Bytes> chain, const std::string& host) {
  const TrustStorePtr store = services_.lists.store(set_->group);
  ValidationRequest request;
  request.purpose = set_->group.group == application_group ? Purpose::application : Purpose::https_server;
  request.options = services_.lists.record(set_->group).validation_options | suppress_revocation_status_unknown |
                    suppress_issuer_revocation_status_unknown;
  request.strength = settings_.strength;
  request.now = world_.now().time;
  const Verdict verdict = validate(*store, chain, request);
  if (!verdict.good()) return verdict.findings.back().problem;
  if (store->trusts(sha256(chain.front()))) return "";
  const HostNames names = host_names_of(chain.front());
  if (names.dns_names.empty() && names.ip_addresses.empty())
    return "the certificate of the server names no host (subjectAltName); its common name does not count";
  if (host.empty()) return "the contact is reported without the name of the host";
  return shows_host(*parse_certificate(chain.front()), host)
             ? ""
             : fmt::format("the certificate of the server is not for the host {:.255}", host);
}

void Staging::conclude_verified(const std::string& how) {
  const StagedSet verified = *set_;
  accept(std::nullopt);
  services_.setup.end_verifying(Verification::passed);
  tell(Level::notice, "staged-trust-verified",
       fmt::format("what was staged for {} stays: {:.255} proved itself by it", name_of(verified.group), how),
       fields_of(verified));
}

void Staging::undo(StagedPhase phase, const std::string& reason) {
  const StagedSet verified = *set_;
  try {
    keep(changed(verified, phase, reason));
    if (services_.state.is_unconfirmed(set_->group.application)) services_.groups.undo(set_->group.application);
  } catch (const Error&) {
    set_ = verified;  // it goes on being verified
    throw;
  }
  services_.setup.end_verifying(Verification::failed);
  tell(Level::warning, "staged-trust-rolled-back",
       fmt::format("what was staged for {} is not in force any more: {:.500}", name_of(set_->group), reason),
       fields_of(*set_));
  if (world_.rolled_back) world_.rolled_back(reason);
}

// Nobody said anything: the next start tries again.
void Staging::changes_applied(const AppliedChanges& changes) {
  if (!set_ || activating_ || set_->phase != StagedPhase::verifying) return;
  if (changes.rolled_back && changes.application == set_->group.application)
    undo(StagedPhase::staged, "no contact was reported in time");
}

// --- starts

bool Staging::is_in_force() {
  const TrustList list = services_.lists.record(set_->group).list;
  return wanted_list() == list;
}

// Somebody else confirmed it, or undid it; or the agent ended before it wrote down which.
void Staging::settle() {
  if (!set_ || activating_ || concluding_ || set_->phase != StagedPhase::verifying) return;
  if (services_.state.is_unconfirmed(set_->group.application)) return;
  if (is_in_force()) return conclude_verified("an administrator, or a server,");
  keep(changed(*set_, StagedPhase::staged, set_->problem));
}

// What the last run left.
void Staging::take_up() {
  if (set_->phase == StagedPhase::verifying) return services_.setup.begin_verifying("what was staged");
  if (services_.state.is_unconfirmed(set_->group.application) && is_in_force()) undo(set_->phase, set_->problem);
}

void Staging::look() {
  try {
    const bool busy = world_.busy && world_.busy();  // first: it may find that nobody is any more, and have this called
    if (!services_.seal.is_open()) return;
    const bool first = !loaded_;
    load();
    if (set_ && !record_.exists()) set_.reset();      // the device was reset
    if (!set_ && record_.exists()) record_.remove();  // the disk did not take it before
    if (!set_ || activating_) return;
    settle();
    if (!set_) return;
    if (first) take_up();
    if (!services_.setup.knows_disk()) return;  // what is put into force before is not borne out by the TPM
    if (busy) return;
    if (!starts_by_itself_ || set_->phase != StagedPhase::staged || !set_->complete()) return;
    if (set_->needs_setup && services_.setup.state() != SetupState::setup_open) return;
    activate_by_itself();
  } catch (const Error& error) {
    log_failure(Level::error, "what is staged could not be activated", error);
  }
}

// Nobody waits for an answer: what is refused at once is to be found where it is shown.
void Staging::activate_by_itself() {
  starts_by_itself_ = false;
  try {
    activate([](const std::variant<std::monostate, Error>&) {});
  } catch (const Error& error) {
    if (is_staged()) accept(changed(*set_, StagedPhase::staged, error.what()));
    throw;
  }
}

bool Staging::system_anchors() {
  return !set() && may_use_system_anchors();
}

bool Staging::may_use_system_anchors() {
  if (!settings_.system_anchors || services_.setup.state() != SetupState::setup_open) return false;
  const auto applications = services_.applications.list();
  const bool made =
      std::ranges::find(applications, device_application_name, &ApplicationRecord::name) != applications.end();
  return !made ||
         services_.lists.record({device_application_name, provisioning_group}).list.trusted_certificates.empty();
}

}  // namespace edgeseal::agent
