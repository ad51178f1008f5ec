#include "agent/state_anchor.h"

#include <fmt/format.h>

#include "agent/journal.h"

namespace edgeseal::agent {

namespace {

constexpr std::chrono::seconds check_again_after{10};
constexpr TpmWorker::Ticket ticket{TpmWorker::Priority::seal, TpmWorker::own_work, std::chrono::minutes(1)};

tpm::Anchor read_or_define(tpm::KeyDevice& device) {
  const auto anchor = device.read_anchor();
  return anchor ? *anchor : device.define_anchor();
}

using Step = std::function<tpm::Anchor(tpm::KeyDevice&)>;

// The chip has not heard of the last change of the disk where power was lost between the two.
Step catching_up(std::uint64_t generation, bool configured) {
  return [generation, configured](tpm::KeyDevice& device) {
    tpm::Anchor anchor = read_or_define(device);
    if (configured && !anchor.configured) device.mark_configured();
    if (anchor.generation < generation) anchor.generation = device.advance_generation();
    return anchor;
  };
}

Step remembering(bool configured) {
  return [configured](tpm::KeyDevice& device) {
    tpm::Anchor anchor = read_or_define(device);
    if (configured && !anchor.configured) device.mark_configured();
    anchor.generation = device.advance_generation();
    return anchor;
  };
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

StateAnchor::StateAnchor(EventLoop& loop, State& state, TpmWorker& tpm, std::function<void()> changed)
    : loop_(loop),
      state_(state),
      tpm_(tpm),
      changed_(std::move(changed)),
      check_again_(loop.add_timer([this] { check(); })) {}

void StateAnchor::check() {
  const auto answered = [this](const std::variant<tpm::Anchor, Error>& result) {
    try {
      judge(result);
    } catch (const Error& error) {
      log(Level::error, Event::state_anchor,
          fmt::format("disk and TPM could not be compared, which is tried again: {}", error.what()));
      check_again_.set_time(loop_.now() + check_again_after);
    }
  };
  try {
    tpm_.submit<tpm::Anchor>(ticket, read_or_define, answered);
  } catch (const Error& error) {
    conclude(Finding::unavailable, error.what());
  }
}

void StateAnchor::judge(const std::variant<tpm::Anchor, Error>& result) {
  if (const auto* error = std::get_if<Error>(&result)) {
    state_.accept_setup();
    return conclude(Finding::unavailable, error->what());
  }
  const Finding finding = compare(std::get<tpm::Anchor>(result));
  if (finding == Finding::rolled_back) keep_closed(state_);
  if (finding == Finding::consistent || finding == Finding::rolled_back) state_.accept_setup();
  conclude(finding, {});
  const std::uint64_t generation = state_.generation();
  if (finding == Finding::consistent && (generation > 0 || !state_.setup_open()))
    run(catching_up(generation, !state_.setup_open()), [] {});
}

// Ahead of the chip: power was lost between the two, or the TPM was away when changes were applied. Not known as
// configured though it was: somebody took the anchor away, and it counts from the start again. A disk whose setup is
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
  if (generation > anchor.generation + 1 && !anchor.configured) {
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
  changed_();
}

void StateAnchor::advance(std::function<void()> done) {
  if (finding_ == Finding::unchecked) return catch_up(std::move(done));
  run(remembering(!state_.setup_open()), std::move(done));
}

// Before check() has judged the two: the chip does not get ahead of the disk, and nothing is concluded.
void StateAnchor::catch_up(std::function<void()> done) {
  const auto step = catching_up(state_.generation(), !state_.setup_open());
  const auto finish = [done](const std::variant<tpm::Anchor, Error>&) { done(); };
  try {
    tpm_.submit<tpm::Anchor>(ticket, step, finish);
  } catch (const Error& error) {
    finish(error);
  }
}

void StateAnchor::run(const std::function<tpm::Anchor(tpm::KeyDevice&)>& step, std::function<void()> done) {
  const Answer<tpm::Anchor> finish = [this, done](const std::variant<tpm::Anchor, Error>& result) {
    const Answer<tpm::Anchor> failed = [this](const std::variant<tpm::Anchor, Error>& outcome) {
      conclude(Finding::unavailable, std::get<Error>(outcome).what());
    };
    auto outcome = result;
    proceed(failed, outcome, [&](const tpm::Anchor& anchor) {
      // After a rollback the chip is ahead: the applied change counts from there on.
      if (anchor.generation > state_.generation()) state_.record_generation(anchor.generation);
      conclude(Finding::consistent, {});
    });
    done();
  };
  try {
    tpm_.submit<tpm::Anchor>(ticket, step, finish);
  } catch (const Error& error) {
    finish(error);
  }
}

void require_unlocked(const StateAnchor& anchor) {
  if (anchor.finding() == StateAnchor::Finding::wiped || anchor.finding() == StateAnchor::Finding::forged)
    throw Error(Code::invalid_state, anchor.detail());
}

}  // namespace edgeseal::agent
