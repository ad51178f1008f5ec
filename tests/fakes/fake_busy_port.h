#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dbus/busy_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

// Its inhibitors end when the test says so, whatever becomes of their descriptors.
class FakeBusy final : public BusyPort {
 public:
  FakeBusy() = default;
  FakeBusy(const FakeBusy&) = delete;
  FakeBusy& operator=(const FakeBusy&) = delete;
  ~FakeBusy() override {
    for (const int end : watched_ends_) close(end);
  }

  mutable Fault fault;
  std::vector<InhibitorInfo> held;
  bool contact = false;
  size_t most = 1'000'000;  // a test that floods the service sets it
  std::function<void()> on_changed = [] {};
  std::function<void()> on_due = [] {};

  void inhibit(const Caller& caller, const std::string& who, const std::string& why,
               const std::function<void(int descriptor)>& hand_over) override {
    fault.strike();
    if (held.size() >= most) throw CallError("TooManyOperations", "there are too many inhibitors");
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    held.push_back({who, why, caller.uid, caller.pid, "test.service", 1});
    hand_over(ends[1]);
    watched_ends_.push_back(ends[0]);
    close(ends[1]);
    on_changed();
  }

  bool busy() const override { return !held.empty(); }

  void require_free() const override {
    if (busy()) throw CallError("ServerTooBusy", "busy: " + held.front().who + ": " + held.front().why);
  }

  std::vector<InhibitorInfo> inhibitors() const override {
    fault.strike();
    return held;
  }

  void contact_when_free() override {
    fault.strike();
    contact = true;
    on_changed();
    if (!busy()) on_due();
  }

  bool take_contact() override {
    fault.strike();
    if (!contact || busy()) return false;
    contact = false;
    on_changed();
    return true;
  }

  bool contact_pending() const override { return contact; }

  void release() {
    held.clear();
    on_changed();
    if (contact) on_due();
  }

 private:
  std::vector<int> watched_ends_;  // as the agent's; where one is closed, edgesealctl takes the inhibitor again
};

}  // namespace edgeseal::dbus::fake
