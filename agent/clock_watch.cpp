#include "agent/clock_watch.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "agent/error.h"

namespace edgeseal::agent {

policy::UniqueFd open_clock_set() {
  policy::UniqueFd timer(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<time_t>::max();
  if (!timer || ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) != 0)
    throw Error(Code::internal_error, fmt::format("timerfd: {}", std::strerror(errno)));
  return timer;
}

ClockWatch::ClockWatch(EventLoop& loop, policy::UniqueFd clock_set, std::function<void()> was_set)
    : clock_set_(std::move(clock_set)), was_set_(std::move(was_set)) {
  source_ = loop.add_io(clock_set_.get(), EPOLLIN, [this](std::uint32_t) { react(); });
}

// A timer that was cancelled answers ECANCELED once, and stays armed.
void ClockWatch::react() {
  std::uint64_t unused = 0;
  if (::read(clock_set_.get(), &unused, sizeof unused) >= 0 || errno == ECANCELED) was_set_();
}

}  // namespace edgeseal::agent
