#include "agent/certificates/changeover.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "agent/by_itself.h"
#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/certificates/opc_ua_names.h"
#include "agent/failure.h"
#include "agent/journal.h"
#include "agent/keys/public_key.h"

namespace edgeseal::agent {

namespace {

constexpr const char* good = "Good";

std::string target_of(const Slot& slot) {
  return fmt::format("{}/{}", slot.group, slot.certificate_type);
}

AppliedChanges summary_of(const std::string& application, const StagedChanges& changes, bool restart_required) {
  const auto certificates = changes.certificate_groups(), lists = changes.trust_list_groups();
  return {application, {certificates.begin(), certificates.end()}, {lists.begin(), lists.end()}, restart_required};
}

void require_confirm_time(std::chrono::seconds confirm_within) {
  if (confirm_within < std::chrono::seconds(0) || confirm_within > Changeover::max_confirm_time)
    throw Error(Code::invalid_argument, fmt::format("changes are confirmed within {} seconds at most",
                                                    std::chrono::seconds(Changeover::max_confirm_time).count()));
}

void require_verified(const CertificateRecord& record, const Key& key, const Bytes& challenge, const Bytes& signature) {
  const CertificatePtr certificate = parse_certificate(record.certificate);
  if (!verifies(*X509_get0_pubkey(certificate.get()), certificate_hash(key.public_key), challenge, signature))
    throw Error(Code::security_checks_failed, "a signature of the key does not verify with the certificate");
}

void log_installed(const CertificateRecord& record) {
  const CertificateSummary summary = summarize(record.certificate);
  log(Level::notice, Event::certificate_installed,
      fmt::format("{}: certificate {} of {} is in use until {}", record.slot.key_name(), summary.serial_number,
                  summary.issuer, summary.not_after),
      {{"KEY", record.slot.key_name()}, {"SERIAL", summary.serial_number}});
}

}  // namespace

Changeover::Changeover(EventLoop& loop, const Services& services, Housekeeping& housekeeping, Observer observer)
    : loop_(loop),
      services_(services),
      audit_(services.audit),
      housekeeping_(housekeeping),
      observer_(std::move(observer)) {
  timer_ = loop_.add_timer([this] { expire(); });
  for (const UnconfirmedRecord& record : services_.state.unconfirmed())
    services_.transactions.set_unconfirmed(record.application, true);
  arm();
}

void Changeover::apply(const TransactionOwner& owner, const std::string& application, const dbus::ApplyOptions& options,
                       Answer<std::monostate> answer) {
  require_confirm_time(options.confirm_within);
  (void)services_.transactions.begin_apply(owner, application);
  prove_next(std::make_shared<Run>(Run{owner, application, options, std::move(answer)}), 0);
}

const StagedChanges& Changeover::changes_of(const Run& run) const {
  return *services_.transactions.staged(run.application);
}

void Changeover::note(Run& run, const std::string& target, const Error& error) {
  run.errors.push_back({target, std::string(bus_name(error.code())), error.what()});
  if (!run.refusal) run.refusal = error;
}

void Changeover::attempt(Run& run, const std::string& target, const std::function<void()>& step) {
  try {
    step();
  } catch (const Error& error) {
    note(run, target, error);
  }
}

// Each staged certificate must verify what its key signs now: a key that the TPM does not load any more never goes
// live.
void Changeover::prove_next(const RunPtr& run, std::size_t index) {
  const auto& certificates = changes_of(*run).certificates;
  if (index == certificates.size()) return check(run);
  const std::string target = target_of(certificates[index].slot);
  prove(certificates[index], [this, run, index, target](const std::variant<std::monostate, Error>& outcome) {
    if (const auto* error = std::get_if<Error>(&outcome)) note(*run, target, *error);
    prove_next(run, index + 1);
  });
}

void Changeover::prove(const CertificateRecord& record, Answer<std::monostate> answer) {
  std::optional<Error> failure;
  try {
    const KeyPtr key = services_.keys.find(record.key_id);
    Bytes challenge(32);
    require_openssl(RAND_bytes(out_octets(challenge), 32) == 1, "RAND_bytes");
    const auto check = [record, key, challenge, answer](const std::variant<Bytes, Error>& signature) {
      std::variant<std::monostate, Error> outcome;
      try {
        if (const auto* error = std::get_if<Error>(&signature)) throw *error;
        require_verified(record, *key, challenge, std::get<Bytes>(signature));
      } catch (const Error& error) {
        outcome = error;
      }
      answer(outcome);
    };
    return services_.keys.sign(key, certificate_signature(key->public_key, challenge), {}, check);
  } catch (const Error& error) {
    failure = error;
  }
  answer(*failure);
}

void Changeover::check(const RunPtr& run) {
  const StagedChanges& changes = changes_of(*run);
  for (const auto& [slot, condition] : changes.conditions)
    attempt(*run, target_of(slot), [&, &holds = condition] { holds(changes); });
  attempt(*run, "", [&] { check_deletions(*run); });
  if (run->refusal) return refuse(run);
  attempt(*run, "", [&] {
    services_.applications.prepare(run->application, changes.groups(), changes,
                                   [this, run](std::variant<Applications::GenerationsPtr, Error> prepared) {
                                     if (const auto* error = std::get_if<Error>(&prepared)) {
                                       note(*run, "", *error);
                                       return refuse(run);
                                     }
                                     commit(run, std::get<Applications::GenerationsPtr>(std::move(prepared)));
                                   });
  });
  if (run->refusal) refuse(run);
}

// An OPC UA server has no endpoint without a certificate of this group (OPC 10000-12 §7.10.7).
void Changeover::check_deletions(Run& run) {
  const StagedChanges& changes = changes_of(run);
  std::vector<Slot> deleted;
  for (const SlotDeclaration& declaration : services_.applications.get(run.application).slots) {
    const Slot slot{run.application, declaration.group, declaration.certificate_type};
    if (slot.group != application_group) continue;
    if (changes.deletes(slot))
      deleted.push_back(slot);
    else if (changes.certificate(slot) != nullptr || services_.state.intact_certificate(slot))
      return;
  }
  for (const Slot& slot : deleted)
    note(run, target_of(slot),
         Error(Code::invalid_state,
               fmt::format("{}: endpoints need its certificate, which is the last one of the group; stage another one "
                           "along with the deletion",
                           slot.key_name())));
}

// Everything that can fail for want of space happens before the state changes. After that the call has succeeded; an
// exchange that fails has its mark in the state and is made good later.
void Changeover::commit(const RunPtr& run, Applications::GenerationsPtr generations) {
  const StagedChanges& changes = changes_of(*run);
  attempt(*run, "", [&] {
    run->setup_before = services_.state.setup_flag();
    run->keys_before = services_.state.keys_of(run->application);
    StagedState staged{changes.certificates, changes.deletions};
    for (const CheckedTrustList& list : changes.trust_lists) staged.trust_lists.push_back(list.record);
    const auto now = services_.retired.now();
    if (run->options.confirm_within.count() > 0) staged.confirm_by = now + run->options.confirm_within;
    services_.state.commit(staged, now);
  });
  if (!run->refusal) return finish(run, std::move(generations));
  refuse(run);
}

// The changes are in force: what fails from here on keeps nothing else from being done. The caller hears of success
// when the TPM remembers it too.
void Changeover::finish(const RunPtr& run, Applications::GenerationsPtr generations) {
  const StagedChanges changes = services_.transactions.end_apply(run->application, {}, good);
  const AppliedChanges applied = summary_of(run->application, changes, run->options.restart_required);
  if (run->options.confirm_within.count() > 0) services_.transactions.set_unconfirmed(run->application, true);
  arm();  // what could not be undone when it was due is tried again, too: the state takes changes
  by_itself(aftermath, [&] { services_.applications.publish(std::move(generations)); });
  for (const CheckedTrustList& list : changes.trust_lists)
    by_itself(aftermath, [&] { services_.lists.committed(list); });
  reload(run->keys_before);
  discard(run->application, changes);
  for (const CertificateRecord& record : changes.certificates) by_itself(aftermath, [&] { log_installed(record); });
  by_itself(aftermath, [&] { audit_.applied(run->owner, changes); });
  tell_setup(run->setup_before, run->owner);
  tell(applied);
  housekeeping_.run();
  services_.anchor.advance([this, run, applied] {
    by_itself(aftermath, [&] { run->answer(std::monostate{}); });
    tell_applied(applied);
  });
}

void Changeover::refuse(const RunPtr& run) {
  const StagedChanges changes = services_.transactions.end_apply(run->application, std::move(run->errors),
                                                                 std::string(bus_name(run->refusal->code())));
  discard(run->application, changes);
  audit_.failed(run->owner, changes, *run->refusal);
  tell(summary_of(run->application, changes, false));
  run->answer(*run->refusal);
}

// Keys that were brought and are not in use; what is active is not pending.
void Changeover::discard(const std::string& application, const StagedChanges& changes) {
  try {
    for (const KeyId& id : changes.brought_keys) services_.state.remove_pending_key(id);
    reload({changes.brought_keys.begin(), changes.brought_keys.end()});
  } catch (const Error& error) {
    log_failure(Level::error, fmt::format("keys that were staged for {} could not be removed", application), error);
  }
}

void Changeover::reload(const std::vector<KeyId>& before) {
  services_.keys.forget_cached();
  by_itself(aftermath, [&] {
    for (const KeyId& id : before)
      if (!services_.state.key(id)) services_.keys.evict(id);
  });
}

void Changeover::tell(const AppliedChanges& changes) const {
  std::set<std::string> groups(changes.certificate_groups.begin(), changes.certificate_groups.end());
  groups.insert(changes.trust_lists.begin(), changes.trust_lists.end());
  for (const std::string& group : groups)
    by_itself(aftermath, [&] { observer_.group_changed({changes.application, group}); });
}

void Changeover::tell_applied(const AppliedChanges& changes) const {
  if (observer_.changes_applied) by_itself(aftermath, [&] { observer_.changes_applied(changes); });
}

void Changeover::tell_setup(SetupFlag before, const TransactionOwner& by) const {
  by_itself(aftermath, [&] {
    if (services_.state.setup_flag() != before) observer_.setup_changed(by);
  });
}

}  // namespace edgeseal::agent
