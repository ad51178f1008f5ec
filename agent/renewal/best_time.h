#pragma once

#include <optional>

#include "agent/renewal/renewal_plan.h"

namespace edgeseal::agent {

// The time of day as well as it can be known. A clock that a time server has set is right; any other is never earlier
// than the last right time and what has passed since, so that a clock that begins in 1970 at each start, or is set
// back, puts off nothing.
class BestTime {
 public:
  struct Reading {
    RenewalTime day;  // TimeFloor
    bool synchronised = false;
    RenewalTime elapsed;  // DeviceClock
  };

  [[nodiscard]] RenewalMoment read(const Reading& reading);

 private:
  // Of the time of day from DeviceClock, as of the last right time; nothing: there was none yet.
  std::optional<std::chrono::seconds> offset_;
};

}  // namespace edgeseal::agent
