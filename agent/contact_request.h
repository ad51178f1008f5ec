#pragma once

#include <functional>

#include "agent/state/state.h"

namespace edgeseal::agent {

// The wish of a provisioning service to be contacted once nobody inhibits changes: one, however often it is expressed.
// It outlives the agent and ends with whoever takes it over.
class ContactRequest {
 public:
  struct World {
    std::function<bool()> busy;     // may call now_free()
    std::function<void()> changed;  // pending()
    std::function<void()> due;      // time for whoever makes the contact to take() it
  };

  ContactRequest(State& state, World world);

  [[nodiscard]] bool pending() const { return pending_; }
  // Both are on the disk when they return. Throw Error{state_unavailable}, and all is as before.
  void remember();
  [[nodiscard]] bool take();  // false: none is due

  // Nobody inhibits any more, or the agent has started.
  void now_free();

 private:
  State& state_;
  const World world_;
  bool pending_;
};

}  // namespace edgeseal::agent
