#include "tests/unit/renewal/simulated_gateway.h"

#include <array>
#include <utility>

namespace edgeseal::test {

namespace {

constexpr RenewalTime never = RenewalTime(seconds(std::numeric_limits<std::int64_t>::max() / 4));
constexpr RenewalTime release = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);
constexpr seconds least_restart = hours(3);  // that DeviceClock counts
constexpr seconds longest_wait_for_time_server = hours(6);
constexpr unsigned most_mistakes = 2;
constexpr std::array<seconds, 5> lifetimes = {days(30), days(90), days(180), days(365), days(730)};

tpm::Bytes bytes_of(std::uint64_t seed) {
  const auto bytes = std::as_bytes(std::span(&seed, 1));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

SimulatedGateway::SimulatedGateway(std::uint64_t seed, std::size_t certificates)
    : random_(seed), plan_(agent::Jitter(bytes_of(seed))), has_rtc_(chance(0.5)) {
  for (Authority& authority : authorities_) authority.changes = now_ + about(days(60));
  for (std::size_t i = 0; i < certificates; ++i) {
    Certificate certificate{"slot/" + std::to_string(i), i % authorities_.size(), lifetimes.at(i % lifetimes.size())};
    certificates_.push_back(certificate);
    certify(certificates_.back());
  }
  machine_changes_ = now_ + about(days(90));
  clock_jumps_ = now_ + about(days(120));
  clock_is_set_ = never;
  for (const Certificate& certificate : certificates_) plan_.put(certificate.name, subject(certificate), moment());
}

agent::RenewalPlan::Subject SimulatedGateway::subject(const Certificate& certificate) const {
  return {std::to_string(certificate.authority), {}, certificate.validity};
}

RenewalMoment SimulatedGateway::moment() {
  return best_.read({std::max(now_ + clock_error_, release), synchronised_, elapsed_});
}

SimulatedGateway::Result SimulatedGateway::run(seconds duration) {
  const RenewalTime end = now_ + duration;
  while (now_ < end) {
    advance(std::min(next_event(), end));
    happen();
    if (on_) ask();
  }
  return result_;
}

RenewalTime SimulatedGateway::next_event() {
  RenewalTime next = std::min({machine_changes_, clock_jumps_, clock_is_set_});
  for (const Authority& authority : authorities_) next = std::min(next, authority.changes);
  for (const Certificate& certificate : certificates_)
    if (certificate.running) next = std::min(next, certificate.busy_until);
  if (!on_) return next;
  const auto start = plan_.next(moment());
  return start ? std::min(next, now_ + std::max(*start - elapsed_, seconds(1))) : next;
}

void SimulatedGateway::advance(RenewalTime to) {
  for (Certificate& certificate : certificates_) watch(certificate, to);
  if (on_) elapsed_ += to - now_;
  now_ = to;
}

// What the next stretch of time means for a certificate: nothing in it changes.
void SimulatedGateway::watch(Certificate& certificate, RenewalTime to) {
  const RenewalTime begin = std::max(now_, certificate.due), end = std::min(to, certificate.validity.end);
  const bool reachable = on_ && authorities_.at(certificate.authority).up;
  certificate.reachable = reachable ? certificate.reachable + std::max(end - begin, seconds(0)) : seconds(0);
  certificate.longest = std::max(certificate.longest, certificate.reachable);
  if (now_ >= certificate.validity.end || to < certificate.validity.end) return;
  ++result_.expired;
  if (certificate.longest >= days(1)) ++result_.needless;
}

void SimulatedGateway::happen() {
  for (Authority& authority : authorities_) {
    if (now_ < authority.changes) continue;
    authority.up = !authority.up;
    authority.changes = now_ + (authority.up ? about(days(60)) : about(chance(0.05) ? days(100) : days(5)));
  }
  if (now_ >= machine_changes_) switch_machine();
  if (now_ >= clock_jumps_) {
    clock_error_ = chance(0.5) ? up_to(days(3000)) : -up_to(days(3000));
    clock_jumps_ = now_ + about(days(120));
    if (on_) clock_is_set_ = now_ + up_to(longest_wait_for_time_server);
  }
  if (now_ >= clock_is_set_) set_clock();
  for (Certificate& certificate : certificates_)
    if (certificate.running && now_ >= certificate.busy_until) finish(certificate);
}

// What was under way has come to nothing, and all that is not on the disk is forgotten.
void SimulatedGateway::switch_machine() {
  on_ = !on_;
  synchronised_ = false;
  if (on_) {
    elapsed_ += has_rtc_ ? std::max(now_ - off_since_, least_restart) : least_restart;
    if (!has_rtc_) clock_error_ = RenewalTime(seconds(0)) - now_;
    clock_is_set_ = now_ + up_to(longest_wait_for_time_server);
    machine_changes_ = now_ + about(days(90));
    return;
  }
  for (Certificate& certificate : certificates_)
    if (std::exchange(certificate.running, false)) begin_anew(certificate);
  off_since_ = now_;
  machine_changes_ = now_ + about(chance(0.1) ? days(120) : hours(8));
  clock_is_set_ = never;
}

void SimulatedGateway::begin_anew(const Certificate& certificate) {
  const agent::RenewalAttempts attempts = *plan_.attempts(certificate.name);
  plan_.remove(certificate.name);
  plan_.put(certificate.name, subject(certificate), moment());
  plan_.restore(certificate.name, attempts);
}

void SimulatedGateway::set_clock() {
  clock_error_ = seconds(0);
  synchronised_ = true;
  clock_is_set_ = never;
}

void SimulatedGateway::ask() {
  for (const std::string& name : plan_.start(moment())) {
    const auto found = std::ranges::find(certificates_, name, &Certificate::name);
    found->running = true;
    found->busy_until = now_ + up_to(minutes(authorities_.at(found->authority).up ? 2 : 10));
    ++result_.attempts;
  }
}

void SimulatedGateway::finish(Certificate& certificate) {
  certificate.running = false;
  if (!authorities_.at(certificate.authority).up)
    return plan_.failed(certificate.name, agent::Setback::unreachable, seconds(0), moment());
  if (certificate.mistakes >= most_mistakes || chance(0.8)) return issue(certificate);
  ++certificate.mistakes;
  constexpr std::array kinds = {agent::Setback::unreachable, agent::Setback::refused, agent::Setback::postponed};
  const auto kind = kinds.at(static_cast<std::size_t>(up_to(seconds(3)).count() - 1));
  plan_.failed(certificate.name, kind, up_to(hours(1)), moment());
}

void SimulatedGateway::certify(Certificate& certificate) const {
  certificate.validity = {now_ - hours(1), now_ + certificate.lifetime};
  certificate.due = agent::renewal_due(certificate.validity, {}, 0);
}

void SimulatedGateway::issue(Certificate& certificate) {
  certify(certificate);
  certificate.reachable = certificate.longest = seconds(0);
  certificate.mistakes = 0;
  ++result_.renewals;
  plan_.succeeded(certificate.name, moment());
  plan_.put(certificate.name, subject(certificate), moment());
}

}  // namespace edgeseal::test
