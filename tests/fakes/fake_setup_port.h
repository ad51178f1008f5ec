#pragma once

#include <string>
#include <vector>

#include "dbus/setup_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

// One password, "RIGHT", and no clock.
class FakeSetup final : public SetupPort {
 public:
  mutable Fault fault;
  SetupInfo info{.state = "setup-open", .reason = "the device was never configured", .open_ways = {"default"}};
  std::vector<std::string> presence;
  Caller last_caller;
  bool was_reset = false;

  SetupInfo setup() const override {
    fault.strike();
    return info;
  }
  void make_password(const Caller& caller, Completion<Secret> done) override {
    fault.strike();
    last_caller = caller;
    info.password_wanted = true;
    info.remaining_tries = 5;
    done(Secret(std::as_bytes(std::span(kPassword))));
  }
  void submit_password(const Caller& caller, Secret password, Completion<std::monostate> done) override {
    fault.strike();
    last_caller = caller;
    const std::string given(reinterpret_cast<const char*>(password.view().data()), password.size());
    if (given != kPassword) return done(CallError("UserAccessDenied", "the one-time password is wrong"));
    info.state = "setup-open";
    done(std::monostate{});
  }
  void report_presence(const Caller& caller, const std::string& source) override {
    fault.strike();
    last_caller = caller;
    presence.push_back(source);
  }
  void close_setup(const Caller&, Completion<std::monostate> done) override {
    fault.strike();
    info.state = "setup-locked";
    done(std::monostate{});
  }
  void reset_to_setup(const Caller&, Completion<std::monostate> done) override {
    fault.strike();
    was_reset = true;
    done(std::monostate{});
  }

  static constexpr std::string_view kPassword = "0123-4567-89AB";
};

}  // namespace edgeseal::dbus::fake
