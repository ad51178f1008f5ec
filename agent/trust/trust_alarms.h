#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "agent/audit/audit.h"
#include "agent/clock_watch.h"
#include "agent/event_loop.h"
#include "agent/state/state.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

inline constexpr std::string_view out_of_date_alarm = "trust-list-out-of-date";

// One alarm of a group. Severities as OPC 10000-5 §6.4.2 has them: 1 to 1000.
struct Alarm {
  // "certificate-expiration", "certificate-integrity", "trust-list-out-of-date", "trust-list-integrity"
  std::string kind;
  std::string source;          // certificate type; empty for a trust list
  std::uint16_t severity = 0;  // 0: not active
  std::string message;

  bool operator==(const Alarm&) const = default;
};

// CertificateExpirationAlarm (OPC 10000-9, default limit two weeks) and TrustListOutOfDateAlarm (OPC 10000-12 §7.8.3):
// looks at certificates and lists when it is told to, when one is due, and when the clock was set. Loop's thread.
class TrustAlarms {
 public:
  struct Settings {
    std::chrono::hours expiration_limit{14 * 24};
  };
  // An alarm of the group became active, changed its severity, or ended.
  using Changed = std::function<void(const dbus::GroupName& group, const Alarm& alarm)>;
  using Time = State::Clock::time_point;

  // `clock_set`: see ClockWatch.
  TrustAlarms(EventLoop& loop, State& state, TrustLists& lists, const Audit& audit, const Settings& settings,
              std::function<Time()> now, Changed changed, policy::UniqueFd clock_set = open_clock_set());

  // When certificates or lists may have changed, and when the seal was opened: before that lists raise no alarm.
  void look();
  [[nodiscard]] std::vector<Alarm> active(const dbus::GroupName& group) const;
  // Of all groups, by kind.
  [[nodiscard]] std::map<std::string, std::size_t> count() const;

 private:
  // What one look finds: the alarms, and when the next one will be raised.
  struct Sight {
    std::map<dbus::GroupName, std::vector<Alarm>> alarms;
    Time next = Time::max();
  };
  [[nodiscard]] Sight sight(Time now);
  void look_at_certificate(const Slot& slot, Time now, Sight& sight);
  void look_at_list(const dbus::GroupName& group, Time now, Sight& sight);
  void tell(const dbus::GroupName& group, const Alarm& alarm);
  void look_again_at(Time next, Time now);

  EventLoop& loop_;
  State& state_;
  TrustLists& lists_;
  const Audit& audit_;
  const Settings settings_;
  const std::function<Time()> now_;
  const Changed changed_;
  EventLoop::Source timer_;
  std::map<dbus::GroupName, std::vector<Alarm>> active_;
  ClockWatch clock_watch_;
};

}  // namespace edgeseal::agent
