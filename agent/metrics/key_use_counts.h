#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "agent/metrics/event_counts.h"
#include "agent/slot.h"

namespace edgeseal::agent {

enum class KeyUse { sign, decrypt };

// What programs asked the key socket for, and how it ended. Loop's thread.
class KeyUseCounts {
 public:
  // Of a request, or a client, that was not served at all.
  static constexpr std::array<std::string_view, 4> reasons{"access-denied", "malformed", "too-many-connections",
                                                           "no-descriptors"};
  static constexpr std::array uses{KeyUse::sign, KeyUse::decrypt};
  static constexpr std::string_view success = "success";
  static constexpr std::size_t most_slots = 256;  // of one use, as they come; the rest is counted together

  KeyUseCounts() {
    for (const std::string_view reason : reasons) refusals_.expect(reason);
  }

  // By result: `success` or the OPC status name of the refusal. Lives as long as this.
  [[nodiscard]] EventCounts& of(const Slot& slot, KeyUse use) {
    auto& slots = slots_[static_cast<std::size_t>(use)];
    const auto found = slots.find(slot);
    if (found != slots.end()) return found->second;
    return slots[slots.size() < most_slots ? slot : Slot{std::string(EventCounts::other), "", ""}];
  }
  [[nodiscard]] const std::map<Slot, EventCounts>& all(KeyUse use) const {
    return slots_[static_cast<std::size_t>(use)];
  }

  void refused(std::string_view reason) { refusals_.count(reason); }
  [[nodiscard]] const EventCounts& refusals() const { return refusals_; }

 private:
  std::array<std::map<Slot, EventCounts>, uses.size()> slots_;
  EventCounts refusals_;
};

}  // namespace edgeseal::agent
