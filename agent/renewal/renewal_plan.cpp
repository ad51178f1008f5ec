#include "agent/renewal/renewal_plan.h"

#include <algorithm>

namespace edgeseal::agent {

namespace {

using std::chrono::seconds;

constexpr seconds longest_rest = std::chrono::days(1);
constexpr seconds left_without_any = -std::chrono::hours(8);  // as urgent as where it ended so long ago

// After a success, and less than any certificate takes until it is due. Where the clock is wrong, a new certificate may
// seem to have ended already.
seconds rest_of(const Validity& validity) {
  return std::clamp<seconds>((validity.end - validity.begin) / 3, std::chrono::minutes(1), longest_rest);
}

// An answer, whatever it is, ends the time in which there was none. Who waits for a person has not failed.
unsigned failures_after(const RenewalAttempts& before, Setback setback) {
  if (setback == Setback::postponed) return 0;
  if (setback == Setback::needs_person) return before.failures;
  if (setback != Setback::unreachable && before.setback == Setback::unreachable) return 1;
  return before.failures + 1;
}

// As a time of the other clock; far away stays far away.
RenewalTime elapsed_at(RenewalTime day, const RenewalMoment& now) {
  constexpr seconds far = std::chrono::years(100);
  return now.elapsed + std::min<seconds>(day - now.day, far);
}

}  // namespace

void RenewalPlan::put(const std::string& name, const Subject& subject, const RenewalMoment& now) {
  const auto [found, is_new] = entries_.try_emplace(name);
  Entry& entry = found->second;
  if (!is_new && entry.subject == subject) return;
  const bool other_certificate = !is_new && entry.subject.validity != subject.validity;
  entry.subject = subject;
  entry.due.reset();
  if (subject.validity) entry.due = renewal_due(*subject.validity, subject.policy, jitter_.place(name));
  if (!other_certificate) return;
  entry.attempts = {};
  entry.demanded = false;
  if (subject.validity) entry.not_before = now.elapsed + rest_of(*subject.validity);
}

void RenewalPlan::restore(const std::string& name, const RenewalAttempts& attempts) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  found->second.attempts = attempts;
  found->second.place = jitter_.place(name, attempts.failures);
}

void RenewalPlan::demand(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  found->second.attempts = {};
  found->second.demanded = true;
}

std::vector<std::string> RenewalPlan::start(const RenewalMoment& now) {
  std::vector<std::pair<seconds, std::string>> ready;
  for (const auto& [name, entry] : entries_)
    if (const auto at = start_of(entry, now); at && *at <= now.elapsed) ready.emplace_back(left(entry, now), name);
  std::ranges::sort(ready);
  std::vector<std::string> started;
  for (const auto& [left, name] : ready) {
    Entry& entry = entries_.at(name);
    if (running_of(entry.subject.authority) >= most_at_once) continue;
    entry.running = true;
    started.push_back(name);
  }
  return started;
}

void RenewalPlan::succeeded(const std::string& name, const RenewalMoment& now) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.running = entry.demanded = false;
  entry.attempts = {};
  if (entry.subject.validity) entry.not_before = now.elapsed + rest_of(*entry.subject.validity);
  reached(entry.subject.authority);
}

void RenewalPlan::failed(const std::string& name, Setback setback, seconds at_least, const RenewalMoment& now) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const unsigned failures = failures_after(entry.attempts, setback);
  entry.attempts = {failures, now.elapsed, at_least, setback};
  entry.place = jitter_.place(name, failures);
  entry.running = false;
  if (setback != Setback::unreachable) reached(entry.subject.authority);
}

void RenewalPlan::dismiss(const std::string& name, const RenewalMoment& now) {
  failed(name, Setback::refused, std::chrono::hours(1), now);
  if (const auto found = entries_.find(name); found != entries_.end()) found->second.demanded = false;
}

// Who has waited for hours because nobody answered needs to wait no longer.
void RenewalPlan::reached(const std::string& authority) {
  for (auto& [name, entry] : entries_)
    if (entry.subject.authority == authority && entry.attempts.setback == Setback::unreachable)
      entry.attempts.failures = std::min(entry.attempts.failures, 1U);
}

std::optional<RenewalTime> RenewalPlan::next(const RenewalMoment& now) const {
  std::optional<RenewalTime> first;
  for (const auto& [name, entry] : entries_) {
    const auto at = start_of(entry, now);
    if (!at || (first && *at >= *first)) continue;
    if (*at <= now.elapsed && running_of(entry.subject.authority) >= most_at_once) continue;  // who ends makes room
    first = at;
  }
  return first;
}

std::optional<RenewalTime> RenewalPlan::next(const std::string& name, const RenewalMoment& now) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::nullopt : start_of(found->second, now);
}

const RenewalAttempts* RenewalPlan::attempts(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second.attempts;
}

std::optional<RenewalTime> RenewalPlan::due(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::nullopt : found->second.due;
}

seconds RenewalPlan::left(const Entry& entry, const RenewalMoment& now) {
  return entry.subject.validity ? entry.subject.validity->end - now.day : left_without_any;
}

// Anew each time: what is left changes with the clock, and with it the pauses.
std::optional<RenewalTime> RenewalPlan::start_of(const Entry& entry, const RenewalMoment& now) {
  const RenewalAttempts& attempts = entry.attempts;
  const bool tried = attempts != RenewalAttempts{};
  if (entry.running || (tried && attempts.setback == Setback::needs_person)) return std::nullopt;
  if (!entry.subject.automatic && !entry.demanded) return std::nullopt;
  RenewalTime at = RenewalTime::min();
  if (attempts.failures > 0)
    at = attempts.since + std::max(attempts.at_least, retry_pause(attempts.failures, left(entry, now), entry.place));
  else if (tried)
    at = attempts.since + attempts.at_least;
  if (entry.demanded) return std::max(at, now.elapsed);
  if (entry.due) at = std::max({at, entry.not_before, elapsed_at(*entry.due, now)});
  return std::max(at, now.elapsed);
}

unsigned RenewalPlan::running_of(const std::string& authority) const {
  return static_cast<unsigned>(std::ranges::count_if(entries_, [&](const auto& named) {
    return named.second.running && named.second.subject.authority == authority;
  }));
}

}  // namespace edgeseal::agent
