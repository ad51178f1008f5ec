#include "agent/certificates/transactions.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/bus_time.h"
#include "agent/error.h"
#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

constexpr const char* cancelled = "RequestCancelledByClient";

std::string name_of(const TransactionOwner& owner) {
  return owner.session.empty() ? owner.bus_name : fmt::format("session {} of {}", owner.session, owner.bus_name);
}

std::vector<std::string> listed(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

// SHA-1, as OPC UA names certificates (OPC 10000-6 §6.2.2).
std::string thumbprint_of(const Bytes& certificate) {
  return certificate.empty() ? std::string() : hexadecimal(sha1(certificate));
}

}  // namespace

TransactionOwner owner_of(const dbus::Caller& caller) {
  return {caller.bus_name, caller.session, thumbprint_of(caller.client_certificate), caller.uid, caller.pid};
}

std::map<std::string, std::string> fields_of(const TransactionOwner& owner) {
  std::map<std::string, std::string> fields;
  if (!owner.bus_name.empty()) fields["caller"] = owner.bus_name;
  if (owner.uid != static_cast<uid_t>(-1)) fields["uid"] = std::to_string(owner.uid);
  if (owner.pid > 0) fields["pid"] = std::to_string(owner.pid);
  if (!owner.session.empty()) fields["session"] = owner.session;
  if (!owner.client_thumbprint.empty()) fields["client-thumbprint"] = owner.client_thumbprint;
  return fields;
}

void StagedChanges::put(CertificateRecord certificate, Condition condition) {
  const Slot slot = certificate.slot;
  withdraw(slot);
  std::erase(deletions, slot);
  certificates.push_back(std::move(certificate));
  if (condition) conditions.emplace(slot, std::move(condition));
}

void StagedChanges::put(CheckedTrustList list) {
  std::erase_if(trust_lists,
                [&](const CheckedTrustList& earlier) { return earlier.record.group == list.record.group; });
  trust_lists.push_back(std::move(list));
}

void StagedChanges::remove(const Slot& slot) {
  withdraw(slot);
  if (!deletes(slot)) deletions.push_back(slot);
}

void StagedChanges::withdraw(const Slot& slot) {
  std::erase_if(certificates, [&](const CertificateRecord& record) { return record.slot == slot; });
  conditions.erase(slot);
}

const CertificateRecord* StagedChanges::certificate(const Slot& slot) const {
  const auto found = std::ranges::find(certificates, slot, &CertificateRecord::slot);
  return found == certificates.end() ? nullptr : &*found;
}

const CheckedTrustList* StagedChanges::trust_list(const std::string& group) const {
  const auto found =
      std::ranges::find_if(trust_lists, [&](const CheckedTrustList& list) { return list.record.group == group; });
  return found == trust_lists.end() ? nullptr : &*found;
}

bool StagedChanges::deletes(const Slot& slot) const {
  return std::ranges::find(deletions, slot) != deletions.end();
}

std::set<std::string> StagedChanges::certificate_groups() const {
  std::set<std::string> groups;
  for (const CertificateRecord& record : certificates) groups.insert(record.slot.group);
  for (const Slot& slot : deletions) groups.insert(slot.group);
  return groups;
}

std::set<std::string> StagedChanges::trust_list_groups() const {
  std::set<std::string> groups;
  for (const CheckedTrustList& list : trust_lists) groups.insert(list.record.group);
  return groups;
}

std::set<std::string> StagedChanges::groups() const {
  std::set<std::string> all = certificate_groups();
  all.merge(trust_list_groups());
  return all;
}

void Transactions::require_free(const TransactionOwner& owner, const std::string& application) const {
  if (unconfirmed_.contains(application))
    throw Error(Code::transaction_pending,
                fmt::format("applied changes of application {} wait to be confirmed: confirm them, or wait until they "
                            "are undone",
                            application));
  const auto found = active_.find(application);
  if (found == active_.end() || (found->second.owner == owner && !found->second.applying)) return;
  throw Error(Code::transaction_pending,
              fmt::format("changes of application {} are {} by {}; try again when they are done", application,
                          found->second.applying ? "being applied" : "staged", name_of(found->second.owner)));
}

StagedChanges& Transactions::join(const TransactionOwner& owner, const std::string& application) {
  require_free(owner, application);
  return active_.try_emplace(application, Transaction{owner, microseconds_of(now_())}).first->second.changes;
}

const StagedChanges* Transactions::staged(const std::string& application) const {
  const auto found = active_.find(application);
  return found == active_.end() ? nullptr : &found->second.changes;
}

Transactions::Transaction& Transactions::owned(const TransactionOwner& owner, const std::string& application) {
  const auto found = active_.find(application);
  if (found == active_.end())
    throw Error(Code::nothing_to_do, fmt::format("application {} has no staged changes", application));
  if (found->second.owner != owner)
    throw Error(Code::user_access_denied,
                fmt::format("the changes of application {} were staged by {}, which alone may apply or cancel them",
                            application, name_of(found->second.owner)));
  require_free(owner, application);
  return found->second;
}

const StagedChanges& Transactions::begin_apply(const TransactionOwner& owner, const std::string& application) {
  Transaction& transaction = owned(owner, application);
  if (const auto open = open_lists_.find(application); open != open_lists_.end())
    throw Error(Code::invalid_state,
                fmt::format("the trust list of group {} is open for writing: close it, then apply the changes",
                            *open->second.begin()));
  transaction.applying = true;
  return transaction.changes;
}

StagedChanges Transactions::end_apply(const std::string& application,
                                      std::vector<dbus::TransactionDiagnostics::Error> errors,
                                      const std::string& result) {
  return end(application, std::move(errors), result);
}

void Transactions::cancel(const TransactionOwner& owner, const std::string& application) {
  (void)owned(owner, application);
  drop(application);
}

// What is being applied is not stopped half way: it ends as if its owner were there.
void Transactions::owner_vanished(const std::string& bus_name) {
  std::vector<std::string> abandoned;
  for (const auto& [application, transaction] : active_)
    if (transaction.owner.bus_name == bus_name && !transaction.applying) abandoned.push_back(application);
  for (const std::string& application : abandoned) drop(application);
}

void Transactions::drop(const std::string& application) {
  if (!pending(application)) return;
  const StagedChanges changes = end(application, {}, cancelled);
  dropped_(application, changes);
}

void Transactions::forget(const std::string& application) {
  active_.erase(application);
  open_lists_.erase(application);
  ended_.erase(application);
  unconfirmed_.erase(application);
}

StagedChanges Transactions::end(const std::string& application, std::vector<dbus::TransactionDiagnostics::Error> errors,
                                const std::string& result) {
  dbus::TransactionDiagnostics& diagnostics = ended_[application];
  diagnostics = diagnostics_of(application, active_.at(application));
  diagnostics.end_time = microseconds_of(now_());
  diagnostics.result = result;
  diagnostics.errors = std::move(errors);
  return std::move(active_.extract(application).mapped().changes);
}

void Transactions::opened_for_writing(const TransactionOwner& owner, const std::string& application,
                                      const std::string& group) {
  (void)join(owner, application);
  open_lists_[application].insert(group);
}

void Transactions::closed(const std::string& application, const std::string& group) {
  const auto found = open_lists_.find(application);
  if (found == open_lists_.end()) return;
  found->second.erase(group);
  if (found->second.empty()) open_lists_.erase(found);
}

void Transactions::set_unconfirmed(const std::string& application, bool unconfirmed) {
  if (unconfirmed)
    unconfirmed_.insert(application);
  else
    unconfirmed_.erase(application);
}

bool Transactions::applying(const std::string& application) const {
  const auto found = active_.find(application);
  return found != active_.end() && found->second.applying;
}

dbus::TransactionDiagnostics Transactions::diagnostics(const std::string& application) const {
  if (const auto active = active_.find(application); active != active_.end())
    return diagnostics_of(application, active->second);
  if (const auto ended = ended_.find(application); ended != ended_.end()) return ended->second;
  throw Error(Code::out_of_service,
              fmt::format("application {} has had no transaction since the agent started", application));
}

dbus::TransactionDiagnostics Transactions::diagnostics_of(const std::string& application,
                                                          const Transaction& transaction) const {
  dbus::TransactionDiagnostics diagnostics;
  diagnostics.start_time = transaction.start_time;
  diagnostics.result = bus_name(Code::invalid_state);
  std::set<std::string> lists = transaction.changes.trust_list_groups();
  if (const auto open = open_lists_.find(application); open != open_lists_.end())
    lists.insert(open->second.begin(), open->second.end());
  diagnostics.affected_trust_lists = listed(lists);
  diagnostics.affected_certificate_groups = listed(transaction.changes.certificate_groups());
  return diagnostics;
}

}  // namespace edgeseal::agent
