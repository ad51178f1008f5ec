#pragma once

#include <chrono>

namespace edgeseal::agent {

// Of day, or of DeviceClock. Seconds reach past 9999, as certificates do.
using RenewalTime = std::chrono::sys_seconds;

// notBefore and notAfter.
struct Validity {
  RenewalTime begin, end;

  bool operator==(const Validity&) const = default;
};

// When certificates are renewed.
struct RenewalPolicy {
  double fraction = 2.0 / 3;  // of the lifetime that is over when renewal is due
  std::chrono::seconds before_end{
      std::chrono::days(14)};  // due so long before the end at least; half the lifetime at most
  std::chrono::seconds spread{
      std::chrono::hours(12)};  // over which a fleet is spread; a twelfth of the lifetime at most

  bool operator==(const RenewalPolicy&) const = default;
};

// `place`: where in the spread this device stands, from 0 to less than 1. It only brings the time forward.
[[nodiscard]] RenewalTime renewal_due(const Validity& validity, const RenewalPolicy& policy, double place);

// How long to wait after so many failures in a row, with `left` until the certificate ends, or less than nothing since
// it did. Doubles from failure to failure up to an eighth of that, and to `longest_retry_pause`: tries come closer
// towards the end, and never cease. `place` from 0 to less than 1 shortens it, to a half at most.
[[nodiscard]] std::chrono::seconds retry_pause(unsigned failures, std::chrono::seconds left, double place);

inline constexpr std::chrono::seconds longest_retry_pause = std::chrono::hours(6);

// What a server asks for: nothing said is a minute; never shorter than a second, nor longer than a day.
[[nodiscard]] std::chrono::seconds clamped_retry_after(std::chrono::seconds asked);

}  // namespace edgeseal::agent
