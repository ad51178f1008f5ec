#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/state/state.h"
#include "agent/trust/trust_lists.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// Who may go on with a transaction.
struct TransactionOwner {
  std::string bus_name;
  std::string session{};
  std::string client_thumbprint{};     // of the certificate of whom a server calls for; for the audit alone
  uid_t uid = static_cast<uid_t>(-1);  // for the audit, and for the share of the account
  pid_t pid = -1;

  bool operator==(const TransactionOwner& other) const {
    return bus_name == other.bus_name && session == other.session;
  }
};
[[nodiscard]] TransactionOwner owner_of(const dbus::Caller& caller);
// As an auditor is told of it: "caller", "uid", "pid", "session", "client-thumbprint".
[[nodiscard]] std::map<std::string, std::string> fields_of(const TransactionOwner& owner);

// Staged changes of one application (OPC 10000-12 §7.10.2); a later change of the same slot or group takes the place of
// an earlier one.
struct StagedChanges {
  // What has to hold for a certificate when it goes live, whatever else is staged by then. Throws Error.
  using Condition = std::function<void(const StagedChanges& changes)>;

  std::vector<CertificateRecord> certificates;
  std::map<Slot, Condition> conditions;  // of certificates; not all have one
  std::vector<Slot> deletions;
  std::vector<CheckedTrustList> trust_lists;
  std::set<KeyId> brought_keys;  // pending keys that go with the transaction, where it is dropped

  void put(CertificateRecord certificate, Condition condition = {});
  void put(CheckedTrustList list);
  void remove(const Slot& slot);    // the certificate that the state has
  void withdraw(const Slot& slot);  // the certificate that is staged
  [[nodiscard]] const CertificateRecord* certificate(const Slot& slot) const;
  [[nodiscard]] const CheckedTrustList* trust_list(const std::string& group) const;
  [[nodiscard]] bool deletes(const Slot& slot) const;
  [[nodiscard]] std::set<std::string> certificate_groups() const;  // that lose or get a certificate
  [[nodiscard]] std::set<std::string> trust_list_groups() const;
  [[nodiscard]] std::set<std::string> groups() const;  // of both kinds
};

// The transactions of all applications: who owns them, what they hold, what became of the last one. They know nothing
// of how changes are applied. Loop's thread.
class Transactions {
 public:
  using Time = State::Clock::time_point;
  // The changes of a transaction that was cancelled, or whose owner left.
  using Dropped = std::function<void(const std::string& application, const StagedChanges& changes)>;

  Transactions(std::function<Time()> now, Dropped dropped) : now_(std::move(now)), dropped_(std::move(dropped)) {}

  // For what stages. require_free: throws Error{transaction_pending} where somebody else has a transaction, or it is
  // being applied, or applied changes stand unconfirmed. join: the same, and begins one where there is none.
  void require_free(const TransactionOwner& owner, const std::string& application) const;
  [[nodiscard]] StagedChanges& join(const TransactionOwner& owner, const std::string& application);
  // What is staged, by whomever; null: nothing.
  [[nodiscard]] const StagedChanges* staged(const std::string& application) const;
  [[nodiscard]] bool pending(const std::string& application) const { return active_.contains(application); }

  // For what ends it: throw Error{nothing_to_do}, Error{user_access_denied} for another owner,
  // Error{transaction_pending} while it is being applied. begin_apply: Error{invalid_state}, too, while a trust list is
  // open for writing (§7.10.9); then it stays as it is.
  [[nodiscard]] const StagedChanges& begin_apply(const TransactionOwner& owner, const std::string& application);
  void cancel(const TransactionOwner& owner, const std::string& application);
  // After begin_apply(). `result`: "Good", or the name of the first error.
  StagedChanges end_apply(const std::string& application, std::vector<dbus::TransactionDiagnostics::Error> errors,
                          const std::string& result);
  void drop(const std::string& application);  // whoever's it is, where there is one
  void owner_vanished(const std::string& bus_name);
  void forget(const std::string& application);  // it is deleted or reset; nothing is told

  // Trust lists that are open for writing: opening one begins a transaction, and ApplyChanges waits until they are
  // closed, also where the transaction was cancelled meanwhile.
  void opened_for_writing(const TransactionOwner& owner, const std::string& application, const std::string& group);
  void closed(const std::string& application, const std::string& group);

  void set_unconfirmed(const std::string& application, bool unconfirmed);
  [[nodiscard]] bool applying(const std::string& application) const;
  // Throws Error{out_of_service} before the first transaction.
  [[nodiscard]] dbus::TransactionDiagnostics diagnostics(const std::string& application) const;

 private:
  struct Transaction {
    TransactionOwner owner;
    std::uint64_t start_time = 0;  // microseconds since 1970
    StagedChanges changes{};
    bool applying = false;
  };
  [[nodiscard]] Transaction& owned(const TransactionOwner& owner, const std::string& application);
  [[nodiscard]] StagedChanges end(const std::string& application,
                                  std::vector<dbus::TransactionDiagnostics::Error> errors, const std::string& result);
  [[nodiscard]] dbus::TransactionDiagnostics diagnostics_of(const std::string& application,
                                                            const Transaction& transaction) const;

  const std::function<Time()> now_;
  const Dropped dropped_;
  std::map<std::string, Transaction> active_;                  // by application, as the others
  std::map<std::string, std::set<std::string>> open_lists_;    // groups
  std::map<std::string, dbus::TransactionDiagnostics> ended_;  // of the last one
  std::set<std::string> unconfirmed_;
};

}  // namespace edgeseal::agent
