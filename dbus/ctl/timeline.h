#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dbus/ctl/described_keys.h"
#include "dbus/ctl/renewals.h"

namespace edgeseal::ctl {

using Day = std::chrono::sys_seconds;

// The certificate of a slot.
struct Lifetime {
  std::string slot;
  Day begin, end;
  std::optional<Day> due;  // its renewal
  std::string needs;       // what somebody has to do before that; empty: nothing
};

// What Describe() and the renewals say of certificates; slots without one are left out.
[[nodiscard]] std::vector<Lifetime> lifetimes_of(const std::vector<DescribedSlot>& slots,
                                                 const std::vector<Renewal>& renewals);

// How it is drawn. Nothing of the machine is asked for.
struct TimelineView {
  enum class Drawing { Unicode, Ascii };

  Day now;
  std::optional<std::chrono::days> days;  // that are shown, a quarter of them past; nothing: as many as it takes
  std::size_t width = 80;
  Drawing drawing = Drawing::Ascii;
};

// One line per certificate: the part of its life that is over, now, when it is renewed, its end. Ends with a legend.
[[nodiscard]] std::string timeline_text(const std::vector<Lifetime>& lifetimes, const TimelineView& view);
[[nodiscard]] nlohmann::json to_json(const std::vector<Lifetime>& lifetimes, const TimelineView& view);

}  // namespace edgeseal::ctl
