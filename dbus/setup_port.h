#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <cstdint>
#include <string>
#include <vector>

#include "dbus/ports.h"

namespace edgeseal::dbus {

struct SetupInfo {
  std::string state = "setup-locked";  // setup-open, verifying, operational, locked-out
  std::string reason{};                // for people: why, and what opens it
  std::vector<std::string> open_ways{};
  std::uint64_t window_ends = 0;       // microseconds, CLOCK_MONOTONIC; 0: no window is open
  std::uint32_t window_remaining = 0;  // seconds
  bool password_wanted = false;
  std::uint32_t remaining_tries = 0;  // of the password
  bool limited_function = true;
};

// org.edgeseal.Setup1
class SetupPort {
 public:
  virtual ~SetupPort() = default;
  [[nodiscard]] virtual SetupInfo setup() const = 0;
  virtual void make_password(const Caller& caller, Completion<Secret> done) = 0;
  virtual void submit_password(const Caller& caller, Secret password, Completion<std::monostate> done) = 0;
  virtual void report_presence(const Caller& caller, const std::string& source) = 0;
  virtual void close_setup(const Caller& caller, Completion<std::monostate> done) = 0;
  virtual void reset_to_setup(const Caller& caller, Completion<std::monostate> done) = 0;
};

}  // namespace edgeseal::dbus
