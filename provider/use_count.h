#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace edgeseal::provider {

// Which connections the process is using, and whether any came or went meanwhile. No lock; a child starts at none,
// whatever its parent was doing at the fork.
class UseCount {
 public:
  // Equal where nothing was taken or returned between two looks.
  struct alignas(8) State {  // as clang wants it for instructions without a lock
    std::uint32_t process;
    std::uint16_t taken;  // both wrap around
    std::uint16_t returned;

    [[nodiscard]] bool any_in_use() const noexcept { return taken != returned; }
    [[nodiscard]] bool operator==(const State&) const noexcept = default;
  };

  void take() noexcept {
    change([](State& state) { ++state.taken; });
  }
  void give_back() noexcept {
    change([](State& state) { ++state.returned; });
  }
  [[nodiscard]] State look() const noexcept { return of_this_process(state_); }

 private:
  [[nodiscard]] static State of_this_process(State state) noexcept {
    const auto process = static_cast<std::uint32_t>(::getpid());
    return state.process == process ? state : State{process, 0, 0};
  }

  template <typename Change>
  void change(Change apply) noexcept {
    State before = state_;
    State after{};
    do {
      after = of_this_process(before);
      apply(after);
    } while (!state_.compare_exchange_weak(before, after));
  }

  std::atomic<State> state_{State{0, 0, 0}};
  static_assert(std::atomic<State>::is_always_lock_free);
};

}  // namespace edgeseal::provider
