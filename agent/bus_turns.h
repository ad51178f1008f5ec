#pragma once

#include <array>
#include <chrono>

#include "agent/event_loop.h"
#include "dbus/service.h"

namespace edgeseal::agent {

// The system bus in the event loop. A turn takes from it what its sockets hold, and a message of 1 MiB takes many:
// where hundreds of programs ask for signatures, too, and each has its turn, the line of the bus daemon would fill
// until it turns honest callers away. So the bus goes first, unless it has had its part of the time.
class BusTurns {
 public:
  // `gone` is called once, where the bus has ended a connection.
  BusTurns(EventLoop& loop, dbus::Service& bus, EventLoop::Callback gone);
  BusTurns(const BusTurns&) = delete;
  BusTurns& operator=(const BusTurns&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  void prepare();
  void take();
  [[nodiscard]] EventLoop::Source watch(EventLoop& loop, int descriptor);

  dbus::Service& bus_;
  EventLoop::Callback gone_;
  Clock::time_point others_first_until_;
  std::array<EventLoop::Source, 2> connections_;  // as Service::poll_states() has them
  EventLoop::Source timer_;
};

}  // namespace edgeseal::agent
