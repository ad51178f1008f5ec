#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "agent/state/state.h"

namespace edgeseal::agent {

// Application setup (OPC 10000-12 Annex G), as pure logic: the state follows from a few facts, events change the facts.
// What is configured, confirmed, undone or reset changes the flag in State.
enum class SetupState { setup_locked, setup_open, verifying, operational, locked_out };
inline constexpr std::array setup_states = {SetupState::setup_locked, SetupState::setup_open, SetupState::verifying,
                                            SetupState::operational, SetupState::locked_out};
[[nodiscard]] std::string_view setup_state_name(SetupState state);  // "setup-locked"

enum class SetupEvent {
  presence,     // somebody is at the device
  password,     // the one-time password was given
  window_over,  // its time has passed
  closed        // an administrator ends it
};
inline constexpr std::array setup_events = {SetupEvent::presence, SetupEvent::password, SetupEvent::window_over,
                                            SetupEvent::closed};
[[nodiscard]] std::string_view setup_event_name(SetupEvent event);  // "presence"

// What the TPM says of the disk.
enum class DiskStanding {
  unknown,  // it has not said anything, or can't
  good,
  refused  // wiped, older, forged
};

struct SetupFacts {
  SetupFlag flag = SetupFlag::on;
  DiskStanding disk = DiskStanding::unknown;
  bool opens_by_itself = true;  // a way to open that needs nobody, as long as the flag is on
  bool window_open = false;
  bool locked_out = false;

  bool operator==(const SetupFacts&) const = default;
};

[[nodiscard]] SetupState state_of(const SetupFacts& facts);
// Nothing: the event has no place in this state, and changes nothing.
[[nodiscard]] std::optional<SetupFacts> after(const SetupFacts& facts, SetupEvent event);
// When all tries are used up.
[[nodiscard]] bool may_lock_out(const SetupFacts& facts);

}  // namespace edgeseal::agent
