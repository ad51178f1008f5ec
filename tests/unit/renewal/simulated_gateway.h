#pragma once

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "agent/renewal/best_time.h"
#include "agent/renewal/renewal_plan.h"

namespace edgeseal::test {

using agent::RenewalMoment;
using agent::RenewalTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A gateway in simulated time: certificates of several authorities that come and go and make mistakes, a machine that
// is off for days or months, a clock that begins in 1970 or is set to anything until a time server sets it right.
class SimulatedGateway {
 public:
  struct Certificate {
    std::string name;
    std::size_t authority = 0;
    seconds lifetime{};
    agent::Validity validity{};
    RenewalTime due{};      // at the latest
    seconds reachable{};    // of the present stretch of its window in which its authority could be reached
    seconds longest{};      // such stretch
    unsigned mistakes = 0;  // of its authority, in a row
    unsigned renewals = 0;
    RenewalTime busy_until{};  // while it is asked for
    bool running = false;
  };
  struct Result {
    unsigned renewals = 0, expired = 0;
    unsigned needless = 0;  // expired although the authority could be reached for a day
    unsigned attempts = 0;
  };

  SimulatedGateway(std::uint64_t seed, std::size_t certificates);
  [[nodiscard]] Result run(seconds duration);

 private:
  struct Authority {
    bool up = true;
    RenewalTime changes{};
  };

  [[nodiscard]] bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }
  [[nodiscard]] seconds about(seconds mean) {
    return seconds(1 + static_cast<std::int64_t>(std::exponential_distribution<double>(1.0)(random_) *
                                                 static_cast<double>(mean.count())));
  }
  [[nodiscard]] seconds up_to(seconds most) {
    return seconds(std::uniform_int_distribution<std::int64_t>(1, most.count())(random_));
  }
  [[nodiscard]] RenewalMoment moment();
  [[nodiscard]] RenewalTime next_event();
  void advance(RenewalTime to);
  void happen();
  void switch_machine();
  void begin_anew(const Certificate& certificate);
  void set_clock();
  void ask();
  void finish(Certificate& certificate);
  void certify(Certificate& certificate) const;
  void issue(Certificate& certificate);
  void watch(Certificate& certificate, RenewalTime to);
  [[nodiscard]] agent::RenewalPlan::Subject subject(const Certificate& certificate) const;

  std::mt19937_64 random_;
  agent::RenewalPlan plan_;
  agent::BestTime best_;
  std::vector<Authority> authorities_{3};
  std::vector<Certificate> certificates_;
  RenewalTime now_ = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);  // as nobody but the test knows it
  RenewalTime elapsed_ = now_;                                                // DeviceClock
  seconds clock_error_{0};
  bool on_ = true, synchronised_ = true, has_rtc_ = true;
  RenewalTime machine_changes_{}, off_since_{}, clock_jumps_{}, clock_is_set_{};
  Result result_;
};

}  // namespace edgeseal::test
