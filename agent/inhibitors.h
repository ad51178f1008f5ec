#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "agent/event_loop.h"
#include "policy/unique_fd.h"

namespace edgeseal::agent {

// Who wants nothing to be changed now, as the inhibitors of systemd-logind: each lives until the last copy of its
// descriptor is closed, and the kernel closes those of a process that ends.
class Inhibitors {
 public:
  struct Limits {
    std::size_t of_account = 32, in_all = 256;
  };
  struct Inhibitor {
    std::string who, why;  // printable
    uid_t uid = static_cast<uid_t>(-1);
    pid_t pid = -1;
    std::string unit;         // of systemd; empty: none
    std::uint64_t since = 0;  // microseconds since 1970 UTC
  };

  struct Observer {
    std::function<void()> changed;  // there are more or less of them
    std::function<void()> freed;    // the last one ended; after `changed`
  };

  Inhibitors(EventLoop& loop, Limits limits, Observer observer);

  // Answers what its holder keeps open: the writing end of a pipe. Throws Error{too_many_operations}.
  [[nodiscard]] policy::UniqueFd take(Inhibitor inhibitor);

  // These look first which descriptors are closed by now, and tell the observer of it: who has closed one and then asks
  // for a change is not refused because the loop had no turn in between.
  [[nodiscard]] bool busy();
  void require_free();                          // throws Error{busy} that names the oldest
  [[nodiscard]] std::vector<Inhibitor> held();  // the oldest first

 private:
  struct Held {
    Inhibitor inhibitor;
    policy::UniqueFd reader;
    EventLoop::Source closed;
  };

  void require_room(uid_t uid);
  void forget_closed();

  EventLoop& loop_;
  const Limits limits_;
  const Observer observer_;
  std::list<Held> held_;
};

}  // namespace edgeseal::agent
