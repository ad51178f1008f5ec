#include "agent/bus_turns.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace edgeseal::agent {
namespace {

constexpr int part_of_others = 1;  // times as long as the bus has had

std::uint32_t epoll_events(short poll_events) {
  return ((poll_events & POLLIN) != 0 ? EPOLLIN : 0U) | ((poll_events & POLLOUT) != 0 ? EPOLLOUT : 0U);
}

}  // namespace

BusTurns::BusTurns(EventLoop& loop, dbus::Service& bus, EventLoop::Callback gone)
    : bus_(bus), gone_(std::move(gone)), timer_(loop.add_timer([this] { take(); })) {
  std::ranges::transform(bus.poll_states(), connections_.begin(),
                         [&](const auto& state) { return watch(loop, state.fd); });
  connections_.front().set_prepare([this] { prepare(); });
}

EventLoop::Source BusTurns::watch(EventLoop& loop, int descriptor) {
  return loop.add_io(descriptor, EPOLLIN, [this](std::uint32_t) { take(); });
}

// sd-bus tells before each wait anew what it waits for.
void BusTurns::prepare() {
  const bool first = Clock::now() >= others_first_until_;
  const auto wanted = bus_.poll_states();
  std::optional<EventLoop::Time> deadline;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    connections_[i].set_io_events(epoll_events(wanted[i].events));
    connections_[i].go_first(first);
    if (wanted[i].deadline) deadline = std::min(deadline.value_or(*wanted[i].deadline), *wanted[i].deadline);
  }
  if (deadline)
    timer_.set_time(*deadline);
  else
    timer_.disable();
}

void BusTurns::take() {
  const auto begin = Clock::now();
  if (!bus_.process()) {
    for (EventLoop::Source& connection : connections_) connection.disable();
    timer_.disable();
    return gone_();
  }
  const auto end = Clock::now();
  others_first_until_ = end + part_of_others * (end - begin);
}

}  // namespace edgeseal::agent
