#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/applications.h"
#include "agent/audit/change_audit.h"
#include "agent/certificates/transactions.h"
#include "agent/event_loop.h"
#include "agent/housekeeping.h"
#include "agent/keys/key_service.h"
#include "agent/keys/retired_keys.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// What channels have to be renegotiated for (OPC 10000-12 §7.10.9).
struct AppliedChanges {
  std::string application;
  std::vector<std::string> certificate_groups, trust_lists;  // groups
  bool restart_required = false;                             // says who applied them
  bool rolled_back = false;                                  // they were not confirmed in time
};

// Puts staged changes into force, all of them or none: every key proves itself by a signature, every condition holds,
// the directories are written, one commit, the directories are exchanged. Changes that wait to be confirmed are undone
// at their time, also after a restart. Loop's thread.
class Changeover {
 public:
  struct Services {
    State& state;
    KeyService& keys;
    StateAnchor& anchor;
    Applications& applications;
    RetiredKeys& retired;
    Transactions& transactions;
    TrustLists& lists;
    const Audit& audit;
  };
  struct Observer {
    std::function<void(const dbus::GroupName&)> group_changed;
    // Its flag in the state is another than before; `by`: whose changes did it, nobody where they were undone.
    std::function<void(const TransactionOwner& by)> setup_changed;
    // After whoever applied them has the answer.
    std::function<void(const AppliedChanges&)> changes_applied{};
  };
  static constexpr std::chrono::hours max_confirm_time{24};

  // Takes up changes that were unconfirmed when the agent ended.
  Changeover(EventLoop& loop, const Services& services, Housekeeping& housekeeping, Observer observer);

  // Throws what Transactions::begin_apply() does, and Error{invalid_argument} for a time that is too long. Any later
  // failure drops the transaction, stands in its diagnostics, and its first one is the answer.
  void apply(const TransactionOwner& owner, const std::string& application, const dbus::ApplyOptions& options,
             Answer<std::monostate> answer);
  // Throws Error{nothing_to_do} where nothing waits to be confirmed. `done`: the TPM remembers it, so that no older
  // disk undoes it.
  void confirm(const std::string& application, std::function<void()> done);
  // As if its time were over. Throws the same.
  void undo(const std::string& application);
  // OPC 10000-12 §7.10.13, State::reset(). What is staged goes too, once the state has taken it. `done`: the TPM
  // remembers it.
  void reset(const std::string& application, std::function<void()> done);
  void reset_all(std::function<void()> done);
  // The application with all that is staged, kept or unconfirmed of it. Throws what Applications::remove() does.
  void remove(const std::string& application);
  // Changes that were never applied: keys that came with them go.
  void discard(const std::string& application, const StagedChanges& changes);

 private:
  struct Run {
    TransactionOwner owner;
    std::string application;
    dbus::ApplyOptions options;
    Answer<std::monostate> answer;
    std::vector<dbus::TransactionDiagnostics::Error> errors{};
    std::optional<Error> refusal{};  // the first of them
    SetupFlag setup_before = SetupFlag::on;
    std::vector<KeyId> keys_before{};
  };
  using RunPtr = std::shared_ptr<Run>;

  [[nodiscard]] const StagedChanges& changes_of(const Run& run) const;
  static void note(Run& run, const std::string& target, const Error& error);
  static void attempt(Run& run, const std::string& target, const std::function<void()>& step);
  void prove_next(const RunPtr& run, std::size_t index);
  void prove(const CertificateRecord& record, Answer<std::monostate> answer);
  void check(const RunPtr& run);
  void check_deletions(Run& run);
  void commit(const RunPtr& run, Applications::GenerationsPtr generations);
  void finish(const RunPtr& run, Applications::GenerationsPtr generations);
  void refuse(const RunPtr& run);

  void require_unconfirmed(const std::string& application) const;
  void arm();
  void expire();
  void roll_back(const std::string& application);
  // What follows a commit throws nothing, whoever fails who hears of it.
  static constexpr const char* aftermath = "a step after changes went into force";
  // What has changed behind caches: `before` are the keys that there were.
  void reload(const std::vector<KeyId>& before);
  void tell(const AppliedChanges& changes) const;
  void tell_applied(const AppliedChanges& changes) const;
  // Of an application that is as it was when it was new.
  void forget(const AppliedChanges& changes, const std::vector<KeyId>& before);
  void tell_setup(SetupFlag before, const TransactionOwner& by) const;

  EventLoop& loop_;
  const Services services_;
  const ChangeAudit audit_;
  Housekeeping& housekeeping_;
  const Observer observer_;
  EventLoop::Source timer_;
};

}  // namespace edgeseal::agent
