#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dbus/trust_ports.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

// One transaction per application, owned by bus name and session.
class FakeTransactions final : public TransactionPort {
 public:
  struct Transaction {
    std::string bus_name, session;
    std::vector<std::function<void()>> changes;
    std::set<std::string> groups, lists;
    std::set<std::string> open_lists;
  };
  using Groups = std::vector<std::string>;

  mutable Fault fault;
  std::map<std::string, Transaction> active;
  std::map<std::string, TransactionDiagnostics> diagnostics;
  std::set<std::string> unconfirmed;
  std::optional<ApplyOptions> last_options;
  bool hold = false;  // answers wait for release()
  std::vector<std::function<void()>> held;
  // Told before the answer, which an agent may do.
  std::function<void(const std::string& application, const Groups& groups, const Groups& lists)> on_applied =
      [](const auto&, const auto&, const auto&) {};
  std::function<void(const std::string& application)> on_restart_required = [](const auto&) {};

  // Begins or joins the transaction of a staging call.
  Transaction& join(const Caller& caller, const std::string& application) {
    if (unconfirmed.contains(application)) throw CallError("TransactionPending", "changes wait to be confirmed");
    auto [found, begun] = active.try_emplace(application, Transaction{caller.bus_name, caller.session, {}, {}, {}, {}});
    if (!owns(found->second, caller)) throw CallError("TransactionPending", "another caller changes this");
    if (begun) diagnostics[application] = {1, 0, "InvalidState", {}, {}, {}};
    return found->second;
  }

  void stage_certificate(const Caller& caller, const GroupName& group, std::function<void()> change) {
    auto& transaction = join(caller, group.application);
    transaction.groups.insert(group.group);
    transaction.changes.push_back(std::move(change));
  }

  void stage_list(const Caller& caller, const GroupName& group, std::function<void()> change) {
    auto& transaction = join(caller, group.application);
    transaction.lists.insert(group.group);
    transaction.changes.push_back(std::move(change));
  }

  void apply_changes(const Caller& caller, const std::string& application, const ApplyOptions& options,
                     Completion<std::monostate> done) override {
    fault.strike();
    const auto& transaction = owned(caller, application);
    if (!transaction.open_lists.empty()) throw CallError("InvalidState", "a trust list is open for writing");
    last_options = options;
    answer([this, application, options, done = std::move(done)] {
      const Transaction applied = end(application, "Good");
      for (const auto& change : applied.changes) change();
      if (options.confirm_within.count() > 0) unconfirmed.insert(application);
      on_applied(application, {applied.groups.begin(), applied.groups.end()},
                 {applied.lists.begin(), applied.lists.end()});
      if (options.restart_required) on_restart_required(application);
      done(std::monostate());
    });
  }

  void cancel_changes(const Caller& caller, const std::string& application) override {
    fault.strike();
    static_cast<void>(owned(caller, application));
    end(application, "RequestCancelledByClient");
  }

  void confirm_changes(const Caller&, const std::string& application, Completion<std::monostate> done) override {
    fault.strike();
    if (unconfirmed.erase(application) == 0) throw CallError("NothingToDo", "nothing waits to be confirmed");
    done(std::monostate());
  }

  TransactionDiagnostics transaction_diagnostics(const std::string& application) const override {
    fault.strike();
    const auto found = diagnostics.find(application);
    if (found == diagnostics.end()) throw CallError("OutOfService", "there has been no transaction yet");
    return found->second;
  }

  void drop(const std::string& bus_name) {
    std::erase_if(active, [&](const auto& entry) { return entry.second.bus_name == bus_name; });
  }

  void answer(std::function<void()> now) {
    if (hold) {
      held.push_back(std::move(now));
    } else {
      now();
    }
  }

  void release() {
    for (const auto& now : std::exchange(held, {})) now();
  }

 private:
  static bool owns(const Transaction& transaction, const Caller& caller) {
    return transaction.bus_name == caller.bus_name && transaction.session == caller.session;
  }

  const Transaction& owned(const Caller& caller, const std::string& application) const {
    const auto found = active.find(application);
    if (found == active.end()) throw CallError("NothingToDo", "there is no transaction");
    if (!owns(found->second, caller)) throw CallError("UserAccessDenied", "the transaction is another caller's");
    return found->second;
  }

  Transaction end(const std::string& application, const std::string& result) {
    Transaction ended = active.extract(application).mapped();
    auto& told = diagnostics[application];
    told.end_time = 2;
    told.result = result;
    told.affected_certificate_groups = {ended.groups.begin(), ended.groups.end()};
    told.affected_trust_lists = {ended.lists.begin(), ended.lists.end()};
    return ended;
  }
};

}  // namespace edgeseal::dbus::fake
