#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/answer.h"
#include "agent/audit/audit_anchor.h"
#include "agent/audit/audit_budget.h"
#include "agent/audit/caller_names.h"
#include "agent/background_worker.h"
#include "agent/event_loop.h"
#include "audit/lasting_log_directory.h"
#include "audit/log.h"
#include "audit/query.h"
#include "audit/verification.h"

namespace edgeseal::agent {

// Of the whole log; see Audit1.Verify.
struct AuditVerdict {
  audit::Verdict chain;
  AuditAnchor::Finding anchor = AuditAnchor::Finding::unchecked;
  std::string write_problem;  // of AuditLog

  [[nodiscard]] bool intact() const { return chain.intact() && anchor != AuditAnchor::Finding::forged; }
};

// The audit log of the device. An entry is in the file when keep() returns, so that no end of the process loses it; it
// is on the disk a second later, by another thread, and sealed (AuditAnchor) within ten more. The loop waits for the
// disk for each seal, which is a commit of the state, and where a segment is full or the oldest one is removed. What
// cannot be written holds nobody up. Loop's thread.
class AuditLog {
 public:
  using Settings = audit::Log::Limits;
  using Observer = std::function<void(std::uint64_t sequence)>;
  using Told = std::function<void(const std::string& kind, const std::map<std::string, std::string>& fields)>;

  AuditLog(EventLoop& loop, BackgroundWorker& background, AuditAnchor anchor, std::string directory, Settings settings,
           Observer kept);

  // Is told what the log says of itself, as it is told what happens otherwise (Audit::Listener).
  void tell(Told told) { told_ = std::move(told); }
  // Where an entry stands. Sequence 0: it is not kept, because it could not be written, or was left out.
  struct Kept : audit::Link {
    bool left_out = false;  // too many like it are kept
  };

  // Of the caller the names are filled in, unless it is left out.
  Kept keep(audit::Entry entry);
  // What to append to the words that the journal has of an event that was left out; nothing: leave it out there, too.
  [[nodiscard]] std::optional<std::string> admit_to_journal(const audit::Entry& entry) {
    return budget_.admit_to_journal(entry, loop_.now());
  }
  // The seal is open: what the disk said of the log is proven, or not.
  void seal_opened();
  // Why new entries are not in the file, on the disk or sealed as they should be; empty: they are.
  [[nodiscard]] std::string write_problem() const;
  void list(const audit::Filter& filter, audit::Which which, std::size_t limit, Answer<audit::Page> answer);
  void verify(Answer<AuditVerdict> answer);
  // Syncs and seals what there is, and tells nobody of new entries any more.
  void close();

 private:
  using LogDirectoryPtr = std::shared_ptr<audit::LastingLogDirectory>;

  [[nodiscard]] bool open();
  void hold_private() const;
  [[nodiscard]] audit::Link write(audit::Entry entry);
  void tell_problem(const std::string& problem);
  void failed(std::string& step, const std::string& problem);
  [[nodiscard]] Error unreadable() const;
  void sync_later();
  void sync();
  void synced(const audit::Link& head);
  void seal_later();
  void seal();
  void tell_finding();
  void write_finding(audit::Entry entry);
  void tell_said();

  EventLoop& loop_;
  BackgroundWorker& background_;
  AuditAnchor anchor_;
  const std::string directory_;
  const Settings settings_;
  Observer kept_;
  Told told_;
  AuditBudget budget_;
  CallerNames names_;
  LogLimit problems_;
  std::string opening_, syncing_, sealing_;  // why each failed when it was tried last; empty: it didn't
  LogDirectoryPtr log_directory_;            // null: not opened yet
  std::optional<audit::Log> log_;            // the same
  std::optional<audit::Link> claimed_;
  bool had_log_ = false;  // when the agent started
  EventLoop::Source sync_timer_, seal_timer_;
  bool sync_waits_ = false, seal_waits_ = false;
  audit::Link synced_, sealed_;
  const std::shared_ptr<std::atomic<std::uint64_t>> believed_;  // last entry that was sealed, for the other thread
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come after the end
};

}  // namespace edgeseal::agent
