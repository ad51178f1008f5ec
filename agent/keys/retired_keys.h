#pragma once

#include <map>
#include <optional>
#include <vector>

#include "agent/device/device_clock.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

// When keys that were replaced end: as soon as nobody used one for the grace time, at the latest when the limit is
// reached. A use is written to the state once per eighth of the grace, ahead of time, so that a crash makes a key live
// longer by that much, and never shorter. Loop's thread.
class RetiredKeys {
 public:
  using Time = DeviceClock::Time;

  struct Settings {
    std::chrono::seconds grace{std::chrono::hours(24)};       // unused
    std::chrono::seconds limit{std::chrono::hours(24 * 30)};  // since it was replaced, used or not
  };
  [[nodiscard]] static std::chrono::seconds step(const Settings& settings);

  RetiredKeys(State& state, DeviceClock& clock, const Settings& settings)
      : state_(state), clock_(clock), settings_(settings) {}

  [[nodiscard]] Time now() const { return clock_.now(); }

  // A program signed or decrypted with it. What goes wrong is logged: the program has its answer.
  void used(const KeyId& id);

  struct Life {
    RetiredKeyRecord key;
    std::chrono::seconds unused{};   // since its last use, or since it was replaced
    std::chrono::seconds retired{};  // since it was replaced
    std::chrono::seconds left{};     // until it is destroyed where nobody uses it
  };
  [[nodiscard]] std::vector<Life> all();

  // Both give those that are gone, which have yet to be unloaded. No key ends that a published directory may name.
  [[nodiscard]] std::vector<KeyId> destroy_due();
  [[nodiscard]] std::vector<KeyId> destroy(const Slot& slot);  // now, whoever uses them

  // How long until destroy_due() is to be called again; nothing where there is no retired key.
  [[nodiscard]] std::optional<std::chrono::seconds> next_visit();

  // What is known, exactly, before the agent ends. What goes wrong is logged.
  void record();

 private:
  struct Use {
    Time last;
    Time written;  // the state says that it may have been used until then, or takes no writes
  };
  [[nodiscard]] Life life_of(const RetiredKeyRecord& key, Time now) const;
  [[nodiscard]] bool destroy(const Life& life, const char* why);

  State& state_;
  DeviceClock& clock_;
  const Settings settings_;
  std::map<KeyId, Use> uses_;
};

}  // namespace edgeseal::agent
