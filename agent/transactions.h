#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/state.h"
#include "agent/trust/trust_lists.h"
#include "dbus/trust_ports.h"

namespace edgeseal::agent {

// Who may go on with a transaction.
struct TransactionOwner {
  std::string bus_name, session;
  auto operator<=>(const TransactionOwner&) const = default;
};
[[nodiscard]] inline TransactionOwner owner_of(const dbus::Caller& caller) {
  return {caller.bus_name, caller.session};
}

// Staged changes of one application (OPC 10000-12 §7.10.2); a later change of the same slot or group takes the place of
// an earlier one.
struct StagedChanges {
  std::vector<CertificateRecord> certificates;
  std::vector<Slot> deletions;
  std::vector<CheckedTrustList> trust_lists;
  std::set<KeyId> brought_keys;  // pending keys that go with the transaction, where it is dropped

  void put(CertificateRecord certificate);
  void put(CheckedTrustList list);
  void remove(const Slot& slot);
  [[nodiscard]] const CertificateRecord* certificate(const Slot& slot) const;
  [[nodiscard]] const CheckedTrustList* trust_list(const std::string& group) const;
  [[nodiscard]] bool deletes(const Slot& slot) const;
};

// The transactions of all applications: who owns them, what they hold, what became of the last one. They know nothing
// of how changes are applied. Loop's thread.
class Transactions {
 public:
  using Time = State::Clock::time_point;
  // `ended`: dropped or applied; the groups that it had to do with.
  using Ended = std::function<void(const std::string& application, const StagedChanges& changes)>;

  Transactions(std::function<Time()> now, Ended dropped) : now_(std::move(now)), dropped_(std::move(dropped)) {}

  // For what stages. require: throws Error{transaction_pending} where somebody else has a transaction, or it is being
  // applied, or stands unconfirmed. join: begins one where there is none.
  void require_free(const TransactionOwner& owner, const std::string& application) const;
  [[nodiscard]] StagedChanges& join(const TransactionOwner& owner, const std::string& application);
  // What is staged, by whomever; null: nothing.
  [[nodiscard]] const StagedChanges* staged(const std::string& application) const;
  [[nodiscard]] bool pending(const std::string& application) const { return active_.contains(application); }

  // For what ends it. begin_apply: throws Error{nothing_to_do}, Error{user_access_denied} for another owner,
  // Error{invalid_state} while a trust list is open for writing (§7.10.9): then it stays.
  [[nodiscard]] const StagedChanges& begin_apply(const TransactionOwner& owner, const std::string& application);
  StagedChanges end_apply(const std::string& application,
                          const std::vector<dbus::TransactionDiagnostics::Error>& errors, std::string_view result);
  void cancel(const TransactionOwner& owner, const std::string& application);
  void owner_vanished(const std::string& bus_name);
  void forget(const std::string& application);  // it is deleted; nothing is told

  // Trust lists that are open for writing: they belong to the transaction, which waits for them.
  void opened_for_writing(const TransactionOwner& owner, const std::string& application, const std::string& group);
  void closed(const std::string& application, const std::string& group);

  void set_unconfirmed(const std::string& application, bool unconfirmed);
  [[nodiscard]] bool applying(const std::string& application) const;
  [[nodiscard]] dbus::TransactionDiagnostics diagnostics(const std::string& application) const;

 private:
  struct Transaction {
    TransactionOwner owner;
    StagedChanges changes;
    std::set<std::string> open_lists;  // groups
    bool applying = false;
  };
  [[nodiscard]] Transaction& owned(const TransactionOwner& owner, const std::string& application);
  void end(const std::string& application, std::string_view result);

  const std::function<Time()> now_;
  const Ended dropped_;
  std::map<std::string, Transaction> active_;                        // by application
  std::map<std::string, dbus::TransactionDiagnostics> diagnostics_;  // by application; of the present or last one
  std::set<std::string> unconfirmed_;
};

}  // namespace edgeseal::agent
