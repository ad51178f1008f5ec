#pragma once

#include <vector>

#include "agent/applications.h"
#include "agent/event_loop.h"
#include "agent/keys/key_service.h"
#include "agent/keys/retired_keys.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

// What is left to do after changes, and once in a while: publishing what could not be published, and the end of keys
// that were replaced. Loop's thread.
class Housekeeping {
 public:
  Housekeeping(EventLoop& loop, State& state, KeyService& keys, Applications& applications, RetiredKeys& retired,
               std::chrono::milliseconds retry_pause = std::chrono::minutes(1));

  // What is due now; comes back by itself when it has to. What goes wrong is logged and tried again.
  void run();
  // Before their time, for a key that must not be used any more; returns how many ended. Throws
  // Error{state_unavailable} while the published directory names the old key.
  std::size_t destroy_retired_keys(const Slot& slot);

 private:
  void unload(const std::vector<KeyId>& destroyed);

  EventLoop& loop_;
  State& state_;
  KeyService& keys_;
  Applications& applications_;
  RetiredKeys& retired_;
  const std::chrono::milliseconds retry_pause_;
  EventLoop::Source timer_;
};

}  // namespace edgeseal::agent
