#include "agent/setup/presence_switch.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <system_error>

#include "agent/error.h"
#include "agent/journal.h"

namespace edgeseal::agent {

PresenceSwitch::PresenceSwitch(EventLoop& loop, Open open, std::chrono::milliseconds hold,
                               std::function<void(const std::string& name)> held)
    : loop_(loop), open_(std::move(open)), hold_(hold), held_(std::move(held)) {
  hold_timer_ = loop_.add_timer([this] { held_(source_->name()); });
  retry_timer_ = loop_.add_timer([this] { this->open(); });
  this->open();
}

// epoll(7) takes no regular file, for one.
EventLoop::Source PresenceSwitch::watch(const SwitchSource& source) {
  try {
    return loop_.add_io(source.descriptor(), EPOLLIN, [this](std::uint32_t) { look(); });
  } catch (const std::system_error& error) {
    throw Error(Code::out_of_service,
                fmt::format("the switch {} can't be watched: {}; remedy: name a device (docs/setup.md)", source.name(),
                            error.code().message()));
  }
}

void PresenceSwitch::open() {
  try {
    auto source = open_();
    events_ = watch(*source);  // the one of before ends before what it watched
    source_ = std::move(source);
    told_ = false;
  } catch (const std::exception& error) {
    lose(error.what());
  }
}

// A source must not end inside its own callback: it goes when the next one is opened.
void PresenceSwitch::lose(const std::string& problem) {
  if (!std::exchange(told_, true))
    log(Level::error, Event::presence_switch_lost,
        fmt::format("{}; it is tried again every {} seconds", problem, retry_pause.count()));
  hold_timer_.disable();
  if (source_) events_.disable();
  retry_timer_.set_time(loop_.now() + retry_pause);
}

void PresenceSwitch::look() {
  try {
    for (const SwitchSource::Position position : source_->read()) {
      if (position == SwitchSource::Position::pressed)
        hold_timer_.set_time(loop_.now() + hold_);
      else
        hold_timer_.disable();
    }
  } catch (const Error& error) {
    lose(error.what());
  }
}

}  // namespace edgeseal::agent
