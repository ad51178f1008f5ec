#pragma once

#include <string>

#include "dbus/compat.h"
#include "dbus/ctl/agent_connection.h"

namespace edgeseal::ctl {

// An inhibitor of the agent, for as long as the object. Programs that are started don't inherit it.
class HeldInhibitor {
 public:
  // Throws Failure.
  HeldInhibitor(AgentConnection& agent, std::string who, std::string why);

  // poll(2) says POLLERR once the agent ended, and the inhibitor with it; -1 while it isn't held.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] bool held() const { return descriptor_.isValid(); }
  // Of an agent that ended; throws Failure where there is no other one yet.
  void take_again();

 private:
  void take();

  AgentConnection& agent_;
  const std::string who_, why_;
  sdbus::UnixFd descriptor_;
};

}  // namespace edgeseal::ctl
