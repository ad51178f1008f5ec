#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/answer.h"
#include "agent/event_loop.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// Shows the rejected certificates of a group soon after there is another one. While they keep coming, each publication
// is twice as long after the last one as that was, up to `slowest`: a stranger may send as many as he likes, and a
// generation of a long list is thousands of files. Loop's thread.
class RejectedPublication {
 public:
  struct Settings {
    std::chrono::milliseconds settle{1000};      // from a certificate to its publication
    std::chrono::milliseconds slowest{600'000};  // between two publications; so long without one, and all is forgotten
  };
  // Of a whole group. What fails is tried again, after the next pause; Error{not_found} is not.
  using Publish = std::function<void(const dbus::GroupName& group, Answer<std::monostate> answer)>;

  RejectedPublication(EventLoop& loop, Publish publish, const Settings& settings);

  void changed(const dbus::GroupName& group);

 private:
  using Time = EventLoop::Time;
  struct Group {
    std::optional<Time> due;
    Time published{0}, pause{0};
  };

  void mark(const dbus::GroupName& name);
  void arm();
  void publish_due();
  void publish(const dbus::GroupName& name);
  void answered(const dbus::GroupName& name, const std::variant<std::monostate, Error>& outcome);

  EventLoop& loop_;
  const Publish publish_;
  const Settings settings_;
  std::map<dbus::GroupName, Group> groups_;
  EventLoop::Source timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace edgeseal::agent
