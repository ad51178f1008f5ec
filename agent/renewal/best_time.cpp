#include "agent/renewal/best_time.h"

#include <algorithm>

namespace edgeseal::agent {

// The first time that there is counts as right until a better one comes.
RenewalMoment BestTime::read(const Reading& reading) {
  const std::chrono::seconds offset = reading.day - reading.elapsed;
  if (reading.synchronised || !offset_) offset_ = offset;
  return {reading.elapsed + (reading.synchronised ? offset : std::max(offset, *offset_)), reading.elapsed};
}

}  // namespace edgeseal::agent
