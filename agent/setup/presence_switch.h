#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "agent/event_loop.h"
#include "agent/setup/switch_source.h"

namespace edgeseal::agent {

// The switch of the device: told when somebody has held it for a while. Where it can't be opened, or goes away, it is
// tried again. Loop's thread.
class PresenceSwitch {
 public:
  using Open = std::function<std::unique_ptr<SwitchSource>()>;
  static constexpr std::chrono::seconds retry_pause{10};

  // `held`: once for each time that it is pressed, with the name of the switch.
  PresenceSwitch(EventLoop& loop, Open open, std::chrono::milliseconds hold,
                 std::function<void(const std::string& name)> held);

  [[nodiscard]] bool works() const { return source_ != nullptr; }

 private:
  void open();
  [[nodiscard]] EventLoop::Source watch(const SwitchSource& source);
  void lose(const std::string& problem);
  void look();

  EventLoop& loop_;
  const Open open_;
  const std::chrono::milliseconds hold_;
  const std::function<void(const std::string& name)> held_;
  bool told_ = false;  // that it doesn't work
  EventLoop::Source hold_timer_, retry_timer_;
  std::unique_ptr<SwitchSource> source_;
  EventLoop::Source events_;  // after what it watches
};

}  // namespace edgeseal::agent
