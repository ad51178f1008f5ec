#include "agent/state/state_anchor.h"

#include <fmt/format.h>

#include "agent/by_itself.h"
#include "agent/failure.h"
#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

constexpr unsigned most_steps = 64;  // of one check: a number on the disk can be forged, and NV wears out
constexpr std::chrono::hours next_steps_after{1};

// The chip has not heard of the last change of the disk where power was lost between the two, and of several where it
// was away.
tpm::Anchor catch_up(tpm::KeyDevice& device, const StateAnchor::Disk& disk) {
  tpm::Anchor anchor = read_or_define(device);
  if (disk.configured && !anchor.configured) device.mark_configured();
  if (anchor.generation < disk.generation) anchor.generation = device.advance_generation();
  return anchor;
}

tpm::Anchor remember(tpm::KeyDevice& device, const StateAnchor::Disk& disk) {
  tpm::Anchor anchor = read_or_define(device);
  if (disk.configured && !anchor.configured) device.mark_configured();
  anchor.generation = device.advance_generation();
  return anchor;
}

// On a disk that is older than the TPM has seen it, what is off for now stays off, whatever is undone.
void keep_closed(State& state) {
  if (state.setup_flag() != SetupFlag::verifying) return;
  const std::uint64_t generation = state.generation();
  state.close_setup();
  state.record_generation(generation);  // it is as old as before
}

constexpr std::string_view anew_or_back =
    "Restore the state from a backup, or begin anew: with somebody at the device, edgesealctl setup reset";

std::string describe(StateAnchor::Finding finding, const std::string& problem) {
  switch (finding) {
    case StateAnchor::Finding::wiped:
      return fmt::format(
          "the TPM knows this device as configured, its disk is new, or older than the TPM has seen it: setup stays "
          "locked. {}",
          anew_or_back);
    case StateAnchor::Finding::forged:
      return fmt::format(
          "the disk says that setup is open, which the TPM does not bear out: somebody may have changed it. {}",
          anew_or_back);
    case StateAnchor::Finding::rolled_back:
      return "the state on disk is older than the TPM has seen it: a backup or another disk was put in. Look which "
             "certificates and trust changes are missing; the next applied change ends this notice";
    case StateAnchor::Finding::unavailable:
      return fmt::format("the TPM cannot remember that this device is configured: {}", problem);
    case StateAnchor::Finding::unchecked:
    case StateAnchor::Finding::consistent: break;
  }
  return {};
}

}  // namespace

tpm::Anchor read_or_define(tpm::KeyDevice& device) {
  const auto anchor = device.read_anchor();
  return anchor ? *anchor : device.define_anchor();
}

std::string_view finding_name(StateAnchor::Finding finding) {
  switch (finding) {
    case StateAnchor::Finding::unchecked: return "unchecked";
    case StateAnchor::Finding::consistent: return "consistent";
    case StateAnchor::Finding::wiped: return "wiped";
    case StateAnchor::Finding::forged: return "forged";
    case StateAnchor::Finding::rolled_back: return "rolled-back";
    case StateAnchor::Finding::unavailable: return "unavailable";
  }
  return "unchecked";
}

StateAnchor::StateAnchor(EventLoop& loop, State& state, TpmWorker& tpm, std::function<void()> changed,
                         std::chrono::milliseconds pause)
    : loop_(loop),
      state_(state),
      tpm_(tpm),
      changed_(std::move(changed)),
      pause_(pause),
      check_again_(loop.add_timer([this] { check(); })) {}

void StateAnchor::check() {
  const auto answered = [this](const std::variant<tpm::Anchor, Error>& result) {
    try {
      judge(result);
    } catch (const Error& error) {
      put_off(error);
    }
  };
  try {
    tpm_.submit<tpm::Anchor>(own_ticket, read_or_define, answered);
  } catch (const Error& error) {
    put_off(error);
  }
}

void StateAnchor::put_off(const Error& error) {
  log_failure(Level::error, "disk and TPM could not be compared, which is tried again", error);
  check_again_.set_time(loop_.now() + pause_);
}

void StateAnchor::judge(const std::variant<tpm::Anchor, Error>& result) {
  if (const auto* error = std::get_if<Error>(&result)) {
    if (error->code() == Code::busy) return put_off(*error);  // nothing is known by that
    state_.accept_setup();
    return conclude(Finding::unavailable, error->what());
  }
  const Finding finding = compare(std::get<tpm::Anchor>(result));
  if (finding == Finding::rolled_back) keep_closed(state_);
  if (finding == Finding::consistent || finding == Finding::rolled_back) state_.accept_setup();
  conclude(finding, {});
  if (finding == Finding::consistent && (state_.generation() > 0 || !state_.setup_open())) run(catch_up, [] {});
}

// Ahead of the chip: power was lost between the two, or the TPM was away when changes were applied. Not known as
// configured though it was, and counting from the start again: somebody took the anchor away. A disk whose setup is
// open has to be as new as the TPM has seen it, and to prove that the agent opened it, as State::reset() does.
StateAnchor::Finding StateAnchor::compare(const tpm::Anchor& anchor) {
  const std::uint64_t generation = state_.generation();
  if (state_.setup_open()) {
    if (!anchor.configured)
      return generation > 0 && generation < anchor.generation ? Finding::rolled_back : Finding::consistent;
    if (generation == 0 || generation < anchor.generation) return Finding::wiped;
    return state_.setup_opened_here() ? Finding::consistent : Finding::forged;
  }
  if (generation < anchor.generation) return Finding::rolled_back;
  if (generation > 1 && anchor.generation == 0 && !anchor.configured) {
    log(Level::warning, Event::state_anchor,
        "the TPM had forgotten this device: somebody took its NV indices away, with owner authorisation; they are made "
        "anew",
        {{"FINDING", "forgotten"}});
    state_.record_generation(anchor.generation);
  }
  return Finding::consistent;
}

void StateAnchor::conclude(Finding finding, std::string problem) {
  std::string detail = describe(finding, problem);
  if (finding == finding_ && detail == detail_) return;
  finding_ = finding;
  detail_ = std::move(detail);
  if (finding == Finding::wiped || finding == Finding::forged || finding == Finding::rolled_back)
    log(Level::error, Event::state_anchor, detail_, {{"FINDING", finding_name(finding)}});
  else if (finding == Finding::unavailable)
    log(Level::warning, Event::state_anchor, detail_, {{"FINDING", finding_name(finding)}});
  by_itself("telling what the TPM remembers", changed_);
}

// Before check() has judged the two the chip does not get ahead of the disk, and nothing is concluded.
void StateAnchor::advance(std::function<void()> done) {
  if (finding_ == Finding::unchecked) return climb(catch_up, [done](const auto&) { done(); });
  run(remember, std::move(done));
}

void StateAnchor::run(Step first, std::function<void()> done) {
  climb(first, [this, done](std::variant<tpm::Anchor, Error> outcome) {
    const Answer<tpm::Anchor> failed = [this](const std::variant<tpm::Anchor, Error>& failure) {
      const Error& error = std::get<Error>(failure);
      if (error.code() == Code::busy) return put_off(error);
      conclude(Finding::unavailable, error.what());
    };
    proceed(failed, outcome, [&](const tpm::Anchor& anchor) {
      // After a rollback the chip is ahead: the applied change counts from there on.
      if (anchor.generation > state_.generation()) state_.record_generation(anchor.generation);
      if (anchor.generation < state_.generation()) check_again_.set_time(loop_.now() + next_steps_after);
      conclude(Finding::consistent, {});
    });
    done();
  });
}

void StateAnchor::climb(Step first, const Answer<tpm::Anchor>& answer) {
  proceed(answer, [&] { climb(first, {state_.generation(), !state_.setup_open()}, most_steps, answer); });
}

// Each step is a task of its own, so that others have their turn at the chip between them.
void StateAnchor::climb(Step step, const Disk& disk, unsigned left, const Answer<tpm::Anchor>& answer) {
  const auto taken = [this, disk, left, answer](const std::variant<tpm::Anchor, Error>& outcome) {
    const auto* anchor = std::get_if<tpm::Anchor>(&outcome);
    if (anchor == nullptr || anchor->generation >= disk.generation || left == 1) return answer(outcome);
    climb(catch_up, disk, left - 1, answer);
  };
  const auto work = [step, disk](tpm::KeyDevice& device) { return step(device, disk); };
  proceed(answer, [&] { tpm_.submit<tpm::Anchor>(own_ticket, work, taken); });
}

void require_unlocked(const StateAnchor& anchor) {
  if (anchor.finding() == StateAnchor::Finding::wiped || anchor.finding() == StateAnchor::Finding::forged)
    throw Error(Code::invalid_state, anchor.detail());
}

}  // namespace edgeseal::agent
