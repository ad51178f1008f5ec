#include "agent/directories/directory_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agent/directories/foreign_entries.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using policy::Fault;
using policy::Finding;

constexpr unsigned repairs_at_full_speed = 3;
constexpr unsigned repairs_that_did_not_last = 3;  // of the same drift, then it stands, and is tried less often
constexpr const char* not_ours = "it is not the agent's to repair";
constexpr unsigned inconclusive_looks = 3;  // then somebody exchanges it all the time, and it is judged as it is found

// What writing the directory again does not mend.
bool is_beyond_repair(const Finding& finding) {
  return finding.fault == Fault::mount || finding.fault == Fault::too_large;
}

bool is_among(const std::vector<Finding>& findings, const Finding& finding) {
  return std::ranges::find(findings, finding) != findings.end();
}

std::vector<Finding> without(std::vector<Finding> findings, const std::vector<Finding>& others) {
  std::erase_if(findings, [&](const Finding& finding) { return is_among(others, finding); });
  return findings;
}

}  // namespace

DirectoryGuard::DirectoryGuard(EventLoop& loop, BackgroundWorker& worker, const Audit& audit, World world,
                               const Settings& settings)
    : loop_(loop),
      worker_(worker),
      world_(std::move(world)),
      settings_(settings),
      records_(audit, settings.records),
      watch_(loop, [this](const std::string& path) { mark(path); }),
      timer_(loop.add_timer([this] { step(); })),
      sweep_timer_(loop.add_timer([this] { sweep_all(); })) {
  sweep_all();
}

void DirectoryGuard::refresh() {
  std::set<std::string> present;
  for (GuardedDirectory& directory : world_.directories()) {
    present.insert(directory.path);
    Guarded& guarded = guarded_[directory.path];
    const bool changed = guarded.directory.rules != directory.rules || guarded.directory.means != directory.means;
    guarded.directory = std::move(directory);
    if (!changed) continue;
    guarded.retry = true;
    mark(guarded.directory.path);
  }
  std::erase_if(guarded_, [&](const auto& entry) {
    if (present.contains(entry.first)) return false;
    watch_.forget(entry.first);
    records_.forget(entry.first);
    return true;
  });
}

void DirectoryGuard::sweep_all() {
  sweep_timer_.set_time(loop_.now() + settings_.sweep);
  refresh();
  for (auto& [path, guarded] : guarded_) guarded.retry = true;
  mark("");
}

std::vector<DirectoryDrift> DirectoryGuard::standing() const {
  std::vector<DirectoryDrift> all;
  for (const auto& [path, guarded] : guarded_) {
    for (const Finding& finding : guarded.above) all.push_back({finding, "refused", not_ours});
    for (const Finding& finding : guarded.standing) all.push_back({finding, guarded.action, guarded.reason});
  }
  return all;
}

bool DirectoryGuard::idle() const {
  return !busy_ && std::ranges::none_of(guarded_, [](const auto& entry) { return entry.second.due.has_value(); });
}

void DirectoryGuard::mark(const std::string& path) {
  const Time at = loop_.now() + settings_.settle;
  for (auto& [unused, guarded] : guarded_) {
    if (!path.empty() && guarded.directory.path != path) continue;
    if (!guarded.due) guarded.due = std::max(at, guarded.not_before);
  }
  arm();
}

void DirectoryGuard::mark_below(const std::string& path) {
  for (auto& [below, guarded] : guarded_)
    if (below.starts_with(path + "/") && !guarded.due) guarded.due = loop_.now();
}

void DirectoryGuard::arm() {
  std::optional<Time> first;
  for (const auto& [path, guarded] : guarded_)
    if (guarded.due && (!first || *guarded.due < *first)) first = guarded.due;
  if (busy_ || !first) return timer_.disable();
  timer_.set_time(*first);
}

DirectoryGuard::Guarded* DirectoryGuard::next() {
  for (auto& [path, guarded] : guarded_)
    if (guarded.due && *guarded.due <= loop_.now()) return &guarded;
  return nullptr;
}

// Something stands in the way above it, so that its path is no way to it: that is told already.
bool DirectoryGuard::is_blocked(const std::string& path) const {
  const auto in_the_way = [](const std::string& above, const Finding& finding) {
    return finding.path == above && (finding.fault == Fault::mount || finding.fault == Fault::kind ||
                                     finding.fault == Fault::missing || finding.fault == Fault::unreadable);
  };
  return std::ranges::any_of(guarded_, [&](const auto& entry) {
    return path.starts_with(entry.first + "/") &&
           std::ranges::any_of(entry.second.standing,
                               [&](const Finding& finding) { return in_the_way(entry.first, finding); });
  });
}

void DirectoryGuard::step() {
  if (busy_) return;
  refresh();
  if (Guarded* guarded = next()) look(*guarded);
  arm();
}

// Watched before it is looked at: what changes after is seen.
void DirectoryGuard::look(Guarded& guarded) {
  guarded.due.reset();
  guarded.not_before = guarded.looked + settings_.interval;
  guarded.looked = loop_.now();
  const GuardedDirectory directory = guarded.directory;
  if (is_blocked(directory.path)) return;
  if (!watch_.watch(directory))
    if (const auto more = limit_.admit("watch", loop_.now()))
      log(Level::warning, Event::directory_unguarded,
          fmt::format("{} cannot be watched as a whole: changes there are found within {} s; remedy: raise "
                      "fs.inotify.max_user_watches by sysctl{}",
                      directory.path, settings_.sweep.count() / 1000, *more));
  try {
    const Repair repair = directory.means == GuardedDirectory::Means::report ? Repair::none : Repair::in_place;
    worker_.submit<Sweep>([directory, before = guarded.before, repair] { return sweep(directory, before, repair); },
                          [this, directory, alive = std::weak_ptr(alive_)](std::variant<Sweep, Error> outcome) {
                            if (alive.expired()) return;
                            if (auto* found = std::get_if<Sweep>(&outcome))
                              return seen(directory.path, directory.rules, std::move(*found));
                            const Error& error = std::get<Error>(outcome);
                            log(Level::error, Event::directory_unguarded, directory.path + ": " + error.what());
                            seen(directory.path, nullptr, {});
                          },
                          BackgroundWorker::Awaited::no);
    busy_ = true;
  } catch (const Error&) {
    guarded.due = loop_.now() + settings_.interval;  // the worker has no room
  }
}

// Where the agent has published meanwhile, what was seen is neither the old nor the new.
void DirectoryGuard::seen(const std::string& path, const std::shared_ptr<const policy::DirectoryRules>& rules,
                          Sweep sweep) {
  busy_ = false;
  refresh();
  const auto found = guarded_.find(path);
  if (found != guarded_.end()) {
    Guarded& guarded = found->second;
    if (guarded.directory.rules != rules || (!sweep.conclusive && ++guarded.inconclusive < inconclusive_looks)) {
      guarded.due = loop_.now() + (rules ? settings_.settle : settings_.interval);
    } else {
      guarded.inconclusive = 0;
      judge(guarded, std::move(sweep));
    }
  }
  arm();
}

void DirectoryGuard::judge(Guarded& guarded, Sweep sweep) {
  judge_above(guarded, std::move(sweep.above));
  for (const auto& [path, mode] : sweep.own_above) guarded.before.own_above[path] = mode;
  if (sweep.reached) {
    guarded.before.mount = guarded.before.mount.value_or(sweep.mount);
    const auto before = std::exchange(guarded.itself, sweep.itself);
    if (before && *before != sweep.itself) mark_below(guarded.directory.path);  // no watch there tells of it
  }
  if (!sweep.judgement.mended.empty()) record(guarded, sweep.judgement.mended, "repaired", "");
  std::vector<Finding> findings = std::move(sweep.judgement.findings);
  if (sweep.judgement.more_findings > 0)
    findings.push_back({Fault::content, guarded.directory.path,
                        fmt::format("{} more findings", sweep.judgement.more_findings), "none", ""});
  if (belongs_to_others(guarded, sweep.reached, findings)) return;
  const bool retry = std::exchange(guarded.retry, false);
  if (findings.empty()) {
    guarded.repairs = 0;
    guarded.repaired.clear();
    if (guarded.standing.empty()) return;
    record(guarded, std::exchange(guarded.standing, {}), "resolved", "");
    mark_below(guarded.directory.path);
  } else if (findings != guarded.standing || retry) {
    repair(guarded, std::move(findings));
  }
}

void DirectoryGuard::judge_above(Guarded& guarded, policy::Judgement above) {
  if (!above.mended.empty()) record(guarded, above.mended, "repaired", "");
  const auto fresh = without(above.findings, guarded.above), gone = without(guarded.above, above.findings);
  if (!fresh.empty()) record(guarded, fresh, "refused", not_ours);
  if (!gone.empty()) record(guarded, gone, "resolved", "");
  guarded.above = std::move(above.findings);
}

// A directory of an application is made together with those in it, and what stands in its place is removed by the
// one above it.
bool DirectoryGuard::belongs_to_others(const Guarded& guarded, bool reached, const std::vector<Finding>& findings) {
  const GuardedDirectory& directory = guarded.directory;
  if (reached || directory.first || directory.means != GuardedDirectory::Means::clear || findings.empty()) return false;
  if (findings.front().fault == Fault::missing) {
    if (directory.application.empty()) return false;
    mark_below(directory.path);
    return true;
  }
  if (findings.front().fault != Fault::kind) return false;
  mark(directory.path.substr(0, directory.path.rfind('/')));
  return true;
}

void DirectoryGuard::repair(Guarded& guarded, std::vector<Finding> findings) {
  if (guarded.directory.means == GuardedDirectory::Means::report)
    return stand(guarded, std::move(findings), "reported", "the agent may not write there");
  if (std::ranges::any_of(findings, is_beyond_repair)) return stand(guarded, std::move(findings), "refused", not_ours);
  if (loop_.now() < guarded.no_repair_before) {
    guarded.due = guarded.no_repair_before;
    guarded.retry = true;
    return;
  }
  const unsigned doublings = std::clamp(guarded.repairs++, repairs_at_full_speed, 16U) - repairs_at_full_speed;
  guarded.no_repair_before = loop_.now() + std::min<Time>(settings_.interval * (1U << doublings), settings_.slowest);
  if (findings == guarded.repaired && guarded.repairs > repairs_that_did_not_last)
    stand(guarded, findings, "refused", "it was repaired, and came back each time");
  if (guarded.directory.means == GuardedDirectory::Means::restore || findings.front().fault == Fault::missing)
    return restore(guarded, std::move(findings));
  clear(guarded, std::move(findings));
}

void DirectoryGuard::restore(Guarded& guarded, std::vector<Finding> findings) {
  busy_ = true;
  const Answer<std::monostate> answer = [this, path = guarded.directory.path, findings, alive = std::weak_ptr(alive_)](
                                            const std::variant<std::monostate, Error>& outcome) {
    if (alive.expired()) return;
    const auto* error = std::get_if<Error>(&outcome);
    repaired(path, findings, error == nullptr ? Outcome{} : Outcome{findings, error->what()});
  };
  proceed(answer, [&] { world_.restore(guarded.directory, answer); });
}

void DirectoryGuard::clear(Guarded& guarded, std::vector<Finding> findings) {
  busy_ = true;
  const GuardedDirectory directory = guarded.directory;
  const auto answer = [this, path = directory.path, findings,
                       alive = std::weak_ptr(alive_)](std::variant<std::vector<Finding>, Error> failed) {
    if (alive.expired()) return;
    auto* left = std::get_if<std::vector<Finding>>(&failed);
    repaired(path, findings,
             {left != nullptr ? std::move(*left) : findings, "it is not the agent's, or cannot be removed"});
  };
  const auto work = [directory, findings] { return remove_foreign(directory, findings); };
  proceed(answer, [&] { worker_.submit<std::vector<Finding>>(work, answer); });
}

// It is looked at once more: to see that it lasts.
void DirectoryGuard::repaired(const std::string& path, const std::vector<Finding>& findings, const Outcome& outcome) {
  busy_ = false;
  if (const auto found = guarded_.find(path); found != guarded_.end()) {
    Guarded& guarded = found->second;
    guarded.repaired = without(findings, outcome.failed);
    const auto told = without(guarded.repaired, guarded.standing);
    if (!told.empty()) record(guarded, told, "repaired", "");
    if (!outcome.failed.empty()) {
      stand(guarded, outcome.failed, "refused", outcome.reason);
    } else {
      guarded.due = std::max(loop_.now() + settings_.settle, guarded.not_before);
      guarded.retry = true;
    }
    mark_below(path);
  }
  arm();
}

void DirectoryGuard::stand(Guarded& guarded, std::vector<Finding> findings, const std::string& action,
                           const std::string& reason) {
  const auto fresh = without(findings, guarded.standing);
  guarded.standing = std::move(findings);
  guarded.action = action;
  guarded.reason = reason;
  if (!fresh.empty()) record(guarded, fresh, action, reason);
}

void DirectoryGuard::record(const Guarded& guarded, const std::vector<Finding>& findings, const std::string& action,
                            const std::string& reason) {
  records_.record(guarded.directory, findings, action, reason, loop_.now());
}

}  // namespace edgeseal::agent
