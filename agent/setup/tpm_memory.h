#pragma once

#include <chrono>
#include <functional>
#include <utility>
#include <variant>

#include "agent/answer.h"
#include "agent/event_loop.h"
#include "agent/setup/try_counter.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state_anchor.h"

namespace edgeseal::agent {

// What the TPM keeps of this device: the key of the seal first, which proves what the disk says, then what it remembers
// of the disk, and of tries. Loop's thread.
class TpmMemory {
 public:
  struct Parts {
    EventLoop& loop;
    IntegritySeal& seal;
    StateAnchor& anchor;
    TryCounter& tries;
  };
  // `recalled`: the tries are known, or can't be counted. `pause`: where the TPM had no time, before it is asked again.
  TpmMemory(const Parts& parts, std::function<void()> recalled,
            std::chrono::milliseconds pause = std::chrono::seconds(10))
      : parts_(parts),
        recalled_(std::move(recalled)),
        pause_(pause),
        again_(parts.loop.add_timer([this] { recall(); })) {}

  // When the TPM has become ready. Comes back by itself where it had no time.
  void recall();

 private:
  [[nodiscard]] bool is_put_off(const std::variant<std::monostate, Error>& outcome);

  const Parts parts_;
  const std::function<void()> recalled_;
  const std::chrono::milliseconds pause_;
  EventLoop::Source again_;
};

}  // namespace edgeseal::agent
