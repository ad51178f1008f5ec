#pragma once

#include <functional>

#include "agent/event_loop.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// Becomes readable when CLOCK_REALTIME is set, or the machine wakes up from suspend: a timerfd that never expires, with
// TFD_TIMER_CANCEL_ON_SET. Throws Error{internal_error}.
[[nodiscard]] policy::UniqueFd open_clock_set();

// Calls back each time that descriptor becomes readable.
class ClockWatch {
 public:
  ClockWatch(EventLoop& loop, policy::UniqueFd clock_set, std::function<void()> was_set);

 private:
  void react();

  const policy::UniqueFd clock_set_;
  const std::function<void()> was_set_;
  EventLoop::Source source_;
};

}  // namespace edgeseal::agent
