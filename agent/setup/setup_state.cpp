#include "agent/setup/setup_state.h"

namespace edgeseal::agent {

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
  }
  return "closed";
}

SetupState state_of(const SetupFacts& facts) {
  if (facts.disk == DiskStanding::refused) return SetupState::setup_locked;
  if (facts.flag == SetupFlag::off) return SetupState::operational;
  if (facts.flag == SetupFlag::verifying) return SetupState::verifying;
  if (facts.locked_out) return SetupState::locked_out;
  if (facts.window_open) return SetupState::setup_open;
  return facts.opens_by_itself && facts.disk == DiskStanding::good ? SetupState::setup_open : SetupState::setup_locked;
}

// A refused disk is left by a reset alone: whatever else happens there may be somebody's who exchanged the disk.
std::optional<SetupFacts> after(const SetupFacts& facts, SetupEvent event) {
  if (facts.disk == DiskStanding::refused) return std::nullopt;
  const SetupState state = state_of(facts);
  SetupFacts next = facts;
  switch (event) {
    case SetupEvent::presence:
      if (facts.flag != SetupFlag::on) return std::nullopt;
      next.window_open = true;
      next.locked_out = false;
      return next;
    case SetupEvent::password:
      if (state != SetupState::setup_locked && state != SetupState::setup_open) return std::nullopt;
      next.window_open = true;
      return next;
    case SetupEvent::window_over:
      if (!facts.window_open) return std::nullopt;
      next.window_open = false;
      return next;
    case SetupEvent::closed:
      if (state != SetupState::setup_open) return std::nullopt;
      if (facts.opens_by_itself || !facts.window_open) next.flag = SetupFlag::off;
      next.window_open = false;
      return next;
  }
  return std::nullopt;
}

bool may_lock_out(const SetupFacts& facts) {
  return facts.flag == SetupFlag::on && facts.disk != DiskStanding::refused;
}

}  // namespace edgeseal::agent
