#include "agent/setup/setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/by_itself.h"
#include "agent/error.h"
#include "jose/bytes.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view lock_out_record = "setup-lock-out";

struct NamedWay {
  std::string_view name;
  OpenWay way;
};
constexpr std::array ways = {NamedWay{"default", OpenWay::by_default},
                             NamedWay{"empty-trust-list", OpenWay::empty_trust_list},
                             NamedWay{"presence", OpenWay::presence}, NamedWay{"password", OpenWay::password}};

DiskStanding standing_of(StateAnchor::Finding finding) {
  switch (finding) {
    case StateAnchor::Finding::consistent:
    case StateAnchor::Finding::rolled_back: return DiskStanding::good;
    case StateAnchor::Finding::wiped:
    case StateAnchor::Finding::forged: return DiskStanding::refused;
    case StateAnchor::Finding::unchecked:
    case StateAnchor::Finding::unavailable: break;
  }
  return DiskStanding::unknown;
}

}  // namespace

std::string_view open_way_name(OpenWay way) {
  return std::ranges::find(ways, way, &NamedWay::way)->name;
}

OpenWay parse_open_way(const std::string& name) {
  const auto found = std::ranges::find(ways, name, &NamedWay::name);
  if (found != ways.end()) return found->way;
  throw Error(Code::invalid_argument,
              fmt::format("\"{:.64}\" is no way to open setup: there are default, empty-trust-list, presence and "
                          "password",
                          name));
}

Setup::Setup(const Services& services, Settings settings)
    : services_(services),
      settings_(std::move(settings)),
      timer_(services.loop.add_timer([this] { apply(SetupEvent::window_over, {}); })),
      told_(state()) {
  if (settings_.strict) services_.state.require_certificate_for_setup();
}

bool Setup::opens_by(OpenWay way) const {
  return std::ranges::find(settings_.open_by, way) != settings_.open_by.end();
}

bool Setup::opens_by_itself() const {
  return opens_by(OpenWay::by_default) || (opens_by(OpenWay::empty_trust_list) && !services_.state.trusts_somebody());
}

SetupFacts Setup::facts() const {
  return {services_.state.setup_flag(), disk(), opens_by_itself(), window_ends_.has_value(), is_locked_out()};
}

// Good is a disk that knows of all that the TPM has seen; a try, too, that it doesn't know of locks it out.
DiskStanding Setup::disk() const {
  const DiskStanding standing = standing_of(services_.anchor.finding());
  const bool tries_known = !tries_ || tries_->unaccounted().has_value();
  return standing == DiskStanding::good && !tries_known ? DiskStanding::unknown : standing;
}

bool Setup::awaits_tpm() const {
  return state() == SetupState::setup_locked && opens_by_itself() && disk() == DiskStanding::unknown &&
         services_.anchor.finding() != StateAnchor::Finding::unavailable;
}

bool Setup::is_locked_out() const {
  return (tries_ && tries_->unaccounted().value_or(false)) || services_.state.record(lock_out_record);
}

void Setup::end_lock_out() {
  if (services_.state.record(lock_out_record)) services_.state.remove_record(lock_out_record);
  if (tries_) tries_->forgive();
}

std::chrono::seconds Setup::window_remaining() const {
  if (!window_ends_) return std::chrono::seconds(0);
  const auto left = *window_ends_ - services_.loop.now();
  return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

void Setup::require_open() const {
  if (state() != SetupState::setup_open) throw Error(Code::invalid_state, reason());
}

void Setup::begin_verifying(const std::string& source) {
  source_ = source;
  tell("verification of " + source, {{"source", source}});
}

void Setup::end_verifying(Verification outcome) {
  const std::string source = std::exchange(source_, {});
  tell(fmt::format("verification of {} {}", source, outcome == Verification::passed ? "passed" : "failed"),
       {{"source", source}});
}

void Setup::lock_out(const std::string& reason) {
  if (!may_lock_out(facts())) return;
  services_.state.put_record(lock_out_record, std::as_bytes(std::span(reason)));
  if (tries_) tries_->withhold();
  close_window();
  tell(reason, {});
}

void Setup::report_presence(const std::string& source, const Who& who) {
  presence_until_ = services_.loop.now() + settings_.presence_counts;
  services_.audit.record(Level::notice, "presence", fmt::format("somebody is at the device, says {}", source), who);
  if (opens_by(OpenWay::presence) && after(facts(), SetupEvent::presence)) apply(SetupEvent::presence, who);
}

void Setup::require_password_opens() const {
  if (!after(facts(), SetupEvent::password)) throw Error(Code::invalid_state, reason());
}

void Setup::password_accepted(const Who& who) {
  apply(SetupEvent::password, who);
}

void Setup::close(const Who& who) {
  apply(SetupEvent::closed, who);
}

void Setup::require_presence() const {
  if (presence_until_ && services_.loop.now() <= *presence_until_) return;
  throw Error(Code::user_access_denied,
              "this needs somebody at the device: hold its switch, let a local service report presence, or log in at "
              "its console; then try again");
}

void Setup::refresh(const std::string& cause, const Who& who) {
  if (services_.state.setup_flag() != SetupFlag::on) {
    close_window();
    if (is_locked_out()) end_lock_out();
  }
  tell(cause, who);
}

void Setup::was_reset(const Who& who) {
  end_lock_out();
  close_window();
  tell("reset", who);
}

// What the flag becomes, State itself writes.
void Setup::apply(SetupEvent event, const Who& who) {
  const SetupFacts before = facts();
  const auto next = after(before, event);
  if (!next) throw Error(Code::invalid_state, reason());
  if (before.locked_out && !next->locked_out) end_lock_out();
  if (before.flag != next->flag) services_.state.close_setup();
  next->window_open ? open_window() : close_window();
  tell(std::string(setup_event_name(event)), who);
}

void Setup::open_window() {
  window_ends_ = services_.loop.now() + settings_.window;
  timer_.set_time(*window_ends_);
}

void Setup::close_window() {
  window_ends_.reset();
  timer_.disable();
}

void Setup::tell(const std::string& cause, const Who& who) {
  const SetupState now = state(), before = std::exchange(told_, now);
  if (now != before) {
    Audit::Fields fields = who;
    fields["from"] = setup_state_name(before);
    fields["to"] = setup_state_name(now);
    fields["cause"] = cause;
    services_.audit.record(Level::notice, "setup-state", reason(), fields);
  }
  for (const auto& changed : observers_) by_itself("telling of setup", changed);
}

std::string Setup::reason() const {
  switch (state()) {
    case SetupState::operational:
      return "the device is configured; with somebody at the device, edgesealctl setup reset begins anew";
    case SetupState::verifying:
      return fmt::format("what ended setup is in force until it is confirmed, or undone in time{}",
                         source_.empty() ? "" : ": " + source_);
    case SetupState::locked_out: return locked_out_reason();
    case SetupState::setup_open: return open_reason();
    case SetupState::setup_locked: break;
  }
  return locked_reason();
}

std::string Setup::locked_out_reason() const {
  constexpr std::string_view elsewhere =
      "the TPM has counted tries that this disk does not know of: it is new, or older than they are";
  const auto why = services_.state.record(lock_out_record);
  return fmt::format("{}; {} at the device, or an administrator who configures it, ends that",
                     why ? jose::text_of(*why) : elsewhere,
                     opens_by(OpenWay::presence) ? "somebody" : "a reset by somebody");
}

std::string Setup::open_reason() const {
  const std::string end =
      settings_.strict ? "a trust list and a certificate are installed" : "a trust list is installed";
  if (window_ends_)
    return fmt::format("setup was opened, for {} seconds more, or until {}", window_remaining().count(), end);
  return fmt::format("the device was never configured{}; setup is left when {}",
                     opens_by(OpenWay::by_default) ? "" : " and trusts nobody", end);
}

std::string Setup::locked_reason() const {
  const auto standing = disk();
  if (standing == DiskStanding::refused) return services_.anchor.detail();
  if (standing == DiskStanding::unknown && opens_by_itself())
    return fmt::format("the TPM has not confirmed that this device is new{}{}",
                       services_.anchor.detail().empty() ? "" : ": ", services_.anchor.detail());
  std::vector<std::string_view> openers;
  if (opens_by(OpenWay::presence)) openers.emplace_back("somebody at the device (its switch, or a report of presence)");
  if (opens_by(OpenWay::password)) openers.emplace_back("the one-time password of edgesealctl setup otp");
  if (openers.empty()) openers.emplace_back("nothing that open-by of [setup] in edgeseal.toml names");
  return fmt::format("the device is not configured, and setup is opened by {}; an administrator may configure it now",
                     fmt::join(openers, " or "));
}

}  // namespace edgeseal::agent
