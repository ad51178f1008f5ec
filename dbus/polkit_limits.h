#pragma once

#include <chrono>

namespace edgeseal::dbus {

// How long a call waits for polkit; no answer is a refusal.
struct PolkitLimits {
  std::chrono::milliseconds answer{10'000};
  std::chrono::milliseconds answer_of_user{120'000};  // where a user is asked to authenticate
};

}  // namespace edgeseal::dbus
