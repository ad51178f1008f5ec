#include "agent/audit/audit_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <limits>
#include <utility>

#include "agent/audit/audit_own_entry.h"
#include "agent/journal.h"
#include "audit/error.h"
#include "policy/error.h"
#include "policy/private_files.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::seconds sync_after{1};
constexpr std::chrono::seconds seal_after{10};
constexpr int attempts = 3;  // a segment may be removed while it is read

audit::Entry::Time now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

template <class Result>
Result read(const std::function<Result()>& look) {
  for (int attempt = 1;; ++attempt) {
    try {
      return look();
    } catch (const audit::Error& error) {
      if (attempt == attempts)
        throw Error(Code::state_unavailable, fmt::format("the audit log cannot be read: {}", error.what()));
    }
  }
}

}  // namespace

AuditLog::AuditLog(EventLoop& loop, BackgroundWorker& background, AuditAnchor anchor, std::string directory,
                   Settings settings, Observer kept)
    : loop_(loop),
      background_(background),
      anchor_(std::move(anchor)),
      directory_(std::move(directory)),
      settings_(settings),
      kept_(std::move(kept)),
      claimed_(anchor_.claimed()),
      sync_timer_(loop.add_timer([this] { sync(); })),
      seal_timer_(loop.add_timer([this] { seal(); })),
      believed_(std::make_shared<std::atomic<std::uint64_t>>(claimed_ ? claimed_->sequence
                                                                      : std::numeric_limits<std::uint64_t>::max())) {
  (void)open();
}

bool AuditLog::open() {
  if (log_) return true;
  try {
    log_directory_ =
        std::make_shared<audit::LastingLogDirectory>(std::make_unique<audit::DiskLogDirectory>(directory_));
    hold_private();
    had_log_ = !log_directory_->list().empty();
    log_.emplace(*log_directory_, settings_, now, claimed_);
    opening_.clear();
    return true;
  } catch (const std::runtime_error& error) {  // of audit/ or policy/
    failed(opening_, error.what());
    return false;
  }
}

void AuditLog::hold_private() const {
  for (const policy::Finding& mended : policy::hold_private(directory_, log_directory_->list(), ::geteuid()))
    log(Level::warning, Event::permissions_repaired,
        fmt::format("{}: {}, wanted: {}; repaired", mended.path, mended.found, mended.wanted));
}

void AuditLog::tell_problem(const std::string& problem) {
  if (const auto more = problems_.admit("", loop_.now()))
    log(Level::error, Event::disk_trouble,
        fmt::format("the audit log cannot be written: {}; the agent goes on, and the journal has what is missing; "
                    "remedy: free space on that file system, or see the journal of the kernel{}",
                    problem, *more));
}

void AuditLog::failed(std::string& step, const std::string& problem) {
  step = problem;
  tell_problem(problem);
}

std::string AuditLog::write_problem() const {
  if (!opening_.empty()) return opening_;
  if (log_ && log_->lost() > 0) return log_->why();
  return syncing_.empty() ? sealing_ : syncing_;
}

AuditLog::Kept AuditLog::keep(audit::Entry entry) {
  const auto more = budget_.admit(entry, loop_.now());
  if (!more) return {{}, true};
  entry.message += *more;
  if (entry.caller) names_.complete(*entry.caller, loop_.now());
  return {write(std::move(entry))};
}

audit::Link AuditLog::write(audit::Entry entry) {
  if (!open()) return {};
  const audit::Link link = log_->append(std::move(entry));
  tell_said();
  if (synced_ != log_->head()) sync_later();
  if (link.sequence == 0) {
    tell_problem(log_->why());
    return {};
  }
  if (kept_) kept_(link.sequence);
  return link;
}

void AuditLog::tell_said() {
  for (const audit::Log::Said& said : log_->take_said()) {
    const OwnEntry own(said.entry, said.link);
    own.log();
    if (kept_) kept_(said.link.sequence);
    if (told_) told_(said.entry.kind, own.told());
  }
}

void AuditLog::sync_later() {
  if (!std::exchange(sync_waits_, true)) sync_timer_.set_time(loop_.now() + sync_after);
}

void AuditLog::sync() {
  sync_waits_ = false;
  const auto work = [directory = log_directory_, name = log_->current()] {
    directory->sync(name);
    return std::monostate{};
  };
  try {
    background_.submit<std::monostate>(
        work,
        [this, alive = std::weak_ptr(alive_), head = log_->head()](const auto& outcome) {
          if (alive.expired()) return;
          if (!std::holds_alternative<Error>(outcome)) return synced(head);
          failed(syncing_, std::get<Error>(outcome).what());
          sync_later();
        },
        BackgroundWorker::Awaited::no);
  } catch (const Error&) {  // the thread has too much to do
    sync_later();
  }
}

void AuditLog::synced(const audit::Link& head) {
  syncing_.clear();
  synced_ = head;
  seal_later();
}

void AuditLog::seal_later() {
  if (!std::exchange(seal_waits_, true)) seal_timer_.set_time(loop_.now() + seal_after);
}

// Not before what the disk says was judged, and until then it is tried again.
void AuditLog::seal() {
  seal_waits_ = false;
  if (synced_ == sealed_ || anchor_.finding() == AuditAnchor::Finding::unchecked) return;
  if (synced_.sequence < log_->least_to_seal()) return;  // a later one is being synced
  try {
    anchor_.write(synced_);
    sealed_ = synced_;
    *believed_ = sealed_.sequence;
    log_->sealed(sealed_);
    sealing_.clear();
  } catch (const Error& error) {
    failed(sealing_, error.what());
    seal_later();
  }
}

void AuditLog::seal_opened() {
  if (anchor_.finding() != AuditAnchor::Finding::unchecked) return;
  try {
    anchor_.check(had_log_);
  } catch (const Error& error) {
    return failed(sealing_, error.what());
  }
  tell_finding();
  if (synced_.sequence > 0) seal();
}

void AuditLog::tell_finding() {
  if (anchor_.finding() == AuditAnchor::Finding::forged)
    write_finding({.kind = std::string(audit::kind_broken),
                   .message = "what the disk says of the last entry of the audit log was not written by this agent"});
  if (anchor_.finding() == AuditAnchor::Finding::missing)
    write_finding({.kind = "audit-anchor-missing",
                   .message = "there is an audit log, and nothing sealed that says how far it went: it was not sealed "
                              "yet, or somebody took that away"});
}

void AuditLog::write_finding(audit::Entry entry) {
  const OwnEntry own(entry, write(entry));
  own.log();
  if (told_) told_(entry.kind, own.told());
}

Error AuditLog::unreadable() const {
  return {Code::state_unavailable, fmt::format("the audit log cannot be read: {}", opening_)};
}

void AuditLog::list(const audit::Filter& filter, audit::Which which, std::size_t limit, Answer<audit::Page> answer) {
  if (!open()) return answer(unreadable());
  background_.submit<audit::Page>(
      [directory = log_directory_, filter, which, limit] {
        return read<audit::Page>([&] { return select(*directory, filter, which, limit); });
      },
      std::move(answer));
}

void AuditLog::verify(Answer<AuditVerdict> answer) {
  if (!open()) return answer(unreadable());
  audit::Verification verification(audit::Beginning::accounted_for);
  if (log_->head().sequence > 0) verification.expect(log_->head());
  if (claimed_) verification.expect(*claimed_);
  background_.submit<AuditVerdict>(
      [directory = log_directory_, verification, finding = anchor_.finding(), believed = believed_,
       problem = write_problem()] {
        const auto look = [&] {
          audit::Verification now = verification;
          audit::follow(*directory, now);
          now.believe_up_to(*believed);  // after the files were read: they go once it is sealed
          return now.conclude();
        };
        return AuditVerdict{read<audit::Verdict>(look), finding, problem};
      },
      std::move(answer));
}

void AuditLog::close() {
  kept_ = nullptr;
  if (!log_ || log_->head().sequence == 0) return;
  try {
    log_directory_->sync(log_->current());
    synced_ = log_->head();
    seal();  // at once: the loop has ended, and takes no more times
  } catch (const audit::Error& error) {
    failed(syncing_, error.what());
  }
}

}  // namespace edgeseal::agent
