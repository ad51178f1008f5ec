#include "agent/setup/setup_state.h"

namespace edgeseal::agent {

namespace {

using Flag = SetupFacts::Flag;

SetupFacts with_flag(SetupFacts facts, Flag flag) {
  facts.flag = flag;
  facts.window_open = facts.locked_out = false;
  return facts;
}

SetupFacts with_window(SetupFacts facts, bool open) {
  facts.window_open = open;
  return facts;
}

SetupFacts with_lock_out(SetupFacts facts, bool locked_out) {
  facts.locked_out = locked_out;
  facts.window_open = !locked_out;
  return facts;
}

}  // namespace

std::string_view setup_state_name(SetupState state) {
  switch (state) {
    case SetupState::setup_locked: return "setup-locked";
    case SetupState::setup_open: return "setup-open";
    case SetupState::verifying: return "verifying";
    case SetupState::operational: return "operational";
    case SetupState::locked_out: return "locked-out";
  }
  return "setup-locked";
}

std::string_view setup_event_name(SetupEvent event) {
  switch (event) {
    case SetupEvent::presence: return "presence";
    case SetupEvent::password: return "password";
    case SetupEvent::window_over: return "window-over";
    case SetupEvent::closed: return "closed";
    case SetupEvent::configured: return "configured";
    case SetupEvent::configured_for_now: return "configured-for-now";
    case SetupEvent::confirmed: return "confirmed";
    case SetupEvent::undone: return "undone";
    case SetupEvent::tries_used_up: return "tries-used-up";
    case SetupEvent::reset: return "reset";
  }
  return "reset";
}

SetupState state_of(const SetupFacts& facts) {
  if (facts.disk == DiskStanding::refused) return SetupState::setup_locked;
  if (facts.flag == Flag::off) return SetupState::operational;
  if (facts.flag == Flag::verifying) return SetupState::verifying;
  if (facts.locked_out) return SetupState::locked_out;
  if (facts.window_open) return SetupState::setup_open;
  return facts.opens_by_itself && facts.disk == DiskStanding::good ? SetupState::setup_open : SetupState::setup_locked;
}

// A refused disk is left by a reset alone: whatever else happens there may be somebody's who exchanged the disk.
std::optional<SetupFacts> after(const SetupFacts& facts, SetupEvent event) {
  const SetupState state = state_of(facts);
  if (event == SetupEvent::reset) {
    SetupFacts anew = with_flag(facts, Flag::on);
    anew.disk = facts.disk == DiskStanding::unknown ? DiskStanding::unknown : DiskStanding::good;
    return anew;
  }
  if (facts.disk == DiskStanding::refused) return std::nullopt;
  switch (event) {
    case SetupEvent::presence:
      if (facts.flag == Flag::on) return with_lock_out(facts, false);
      return std::nullopt;
    case SetupEvent::password:
      if (state == SetupState::setup_locked || state == SetupState::setup_open) return with_window(facts, true);
      return std::nullopt;
    case SetupEvent::window_over:
      if (facts.window_open) return with_window(facts, false);
      return std::nullopt;
    case SetupEvent::closed:
      if (state != SetupState::setup_open) return std::nullopt;
      return facts.window_open && !facts.opens_by_itself ? with_window(facts, false) : with_flag(facts, Flag::off);
    case SetupEvent::configured: return with_flag(facts, Flag::off);
    case SetupEvent::configured_for_now:
      if (facts.flag == Flag::on) return with_flag(facts, Flag::verifying);
      return std::nullopt;
    case SetupEvent::confirmed:
      if (facts.flag == Flag::verifying) return with_flag(facts, Flag::off);
      return std::nullopt;
    case SetupEvent::undone:
      if (facts.flag == Flag::verifying) return with_flag(facts, Flag::on);
      return std::nullopt;
    case SetupEvent::tries_used_up:
      if (facts.flag == Flag::on) return with_lock_out(facts, true);
      return std::nullopt;
    case SetupEvent::reset: break;
  }
  return std::nullopt;
}

}  // namespace edgeseal::agent
