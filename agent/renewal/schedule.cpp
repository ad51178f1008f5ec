#include "agent/renewal/schedule.h"

#include <algorithm>

namespace edgeseal::agent {

namespace {

using std::chrono::seconds;

constexpr seconds first_retry_pause = std::chrono::minutes(5);
constexpr seconds least_retry_pause = std::chrono::minutes(1);
constexpr unsigned most_doublings = 16;

seconds part_of(seconds whole, double part) {
  return seconds(static_cast<seconds::rep>(static_cast<double>(whole.count()) * part));
}

seconds longest_pause(seconds left) {
  return std::clamp(std::chrono::abs(left) / 8, least_retry_pause, longest_retry_pause);
}

}  // namespace

RenewalTime renewal_due(const Validity& validity, const RenewalPolicy& policy, double place) {
  const seconds lifetime = validity.end - validity.begin;
  if (lifetime <= seconds(0)) return validity.begin;
  const seconds before_end = std::min(policy.before_end, lifetime / 2);
  const RenewalTime latest = std::min(validity.begin + part_of(lifetime, policy.fraction), validity.end - before_end);
  return latest - part_of(std::min(policy.spread, lifetime / 12), place);
}

seconds retry_pause(unsigned failures, seconds left, double place) {
  const unsigned doublings = std::min(failures == 0 ? 0 : failures - 1, most_doublings);
  const seconds pause = std::min(first_retry_pause * (1 << doublings), longest_pause(left));
  return std::max(pause - part_of(pause / 2, place), seconds(1));
}

seconds clamped_retry_after(seconds asked) {
  if (asked == seconds(0)) return std::chrono::minutes(1);
  return std::clamp<seconds>(asked, seconds(1), std::chrono::hours(24));
}

}  // namespace edgeseal::agent
