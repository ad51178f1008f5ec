#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/renewal/jitter.h"
#include "agent/renewal/schedule.h"

namespace edgeseal::agent {

// What the clocks say at one moment.
struct RenewalMoment {
  RenewalTime day;      // time of day, as well as it is known: certificates are judged by it
  RenewalTime elapsed;  // DeviceClock: pauses are counted in it, whatever the time of day is set to
};

// Why a try failed, as far as it matters for the next one.
enum class Setback {
  unreachable,  // the authority, or the way to it: others of the same authority have the same reason
  refused,      // whatever it said
  postponed,    // it took the request and wants to be asked later: no failure
  needs_person  // there is no use in another try before somebody has done something
};

// What of a certificate must survive a restart of the agent.
struct RenewalAttempts {
  unsigned failures = 0;             // in a row
  RenewalTime since{};               // the last one, elapsed
  std::chrono::seconds at_least{0};  // that the server wants to have peace for
  Setback setback = Setback::refused;

  bool operator==(const RenewalAttempts&) const = default;
};

// Decides which certificates are asked for, and when: those that are due, the one that ends first before the others,
// and only so many at a time of one authority, so that one that is down delays no other. No state is final: what fails
// is tried again, and what needs a person goes on when something has changed. Knows no clock but what it is told.
class RenewalPlan {
 public:
  // A certificate that is to be kept.
  struct Subject {
    std::string authority;
    RenewalPolicy policy;
    std::optional<Validity> validity;  // nothing: there is none yet, and one is wanted
    bool automatic = true;             // false: begins when it is demanded, and not before

    bool operator==(const Subject&) const = default;
  };
  static constexpr unsigned most_at_once = 2;  // of one authority

  explicit RenewalPlan(Jitter jitter) : jitter_(std::move(jitter)) {}

  // New, or changed: another certificate ends all attempts. Names are those of slots.
  void put(const std::string& name, const Subject& subject, const RenewalMoment& now);
  void remove(const std::string& name) { entries_.erase(name); }
  void restore(const std::string& name, const RenewalAttempts& attempts);
  // Somebody wants it at once, or has done what was needed.
  void demand(const std::string& name);

  // Those that begin now; each runs until one of these is told of it.
  [[nodiscard]] std::vector<std::string> start(const RenewalMoment& now);
  void succeeded(const std::string& name, const RenewalMoment& now);
  void failed(const std::string& name, Setback setback, std::chrono::seconds at_least, const RenewalMoment& now);
  // Nobody demands it any more; where it is due, it comes again after a pause.
  void dismiss(const std::string& name, const RenewalMoment& now);

  // Elapsed time of the next start; nothing: none before something is told.
  [[nodiscard]] std::optional<RenewalTime> next(const RenewalMoment& now) const;
  // The same of one, also of one that has to queue for its authority.
  [[nodiscard]] std::optional<RenewalTime> next(const std::string& name, const RenewalMoment& now) const;
  [[nodiscard]] const RenewalAttempts* attempts(const std::string& name) const;
  [[nodiscard]] std::optional<RenewalTime> due(const std::string& name) const;  // time of day

 private:
  struct Entry {
    Subject subject;
    std::optional<RenewalTime> due;
    RenewalTime not_before = RenewalTime::min();  // elapsed: soon after a success there is no need for the next
    RenewalAttempts attempts;
    double place = 0;  // of the present pause
    bool running = false, demanded = false;
  };
  [[nodiscard]] static std::chrono::seconds left(const Entry& entry, const RenewalMoment& now);
  [[nodiscard]] static std::optional<RenewalTime> start_of(const Entry& entry, const RenewalMoment& now);
  [[nodiscard]] unsigned running_of(const std::string& authority) const;
  void reached(const std::string& authority);

  const Jitter jitter_;
  std::map<std::string, Entry> entries_;
};

}  // namespace edgeseal::agent
