#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "agent/applications.h"
#include "agent/audit.h"
#include "agent/event_loop.h"
#include "agent/state.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// One alarm of a group. Severities as OPC 10000-5 §6.4.2 has them: 1 to 1000.
struct Alarm {
  std::string kind;            // "certificate-expiration", "trust-list-out-of-date", "trust-list-integrity"
  std::string source;          // certificate type; empty for a trust list
  std::uint16_t severity = 0;  // 0: not active
  std::string message;

  bool operator==(const Alarm&) const = default;
};

// CertificateExpirationAlarm (OPC 10000-9, default limit two weeks) and TrustListOutOfDateAlarm (OPC 10000-12 §7.8.3):
// looks at certificates and lists when something changed, when one is due, and when the clock was set. Loop's thread.
class TrustAlarms {
 public:
  struct Settings {
    std::chrono::hours expiration_limit{14 * 24};
  };
  // An alarm of the group became active, changed its severity, or ended.
  using Changed = std::function<void(const dbus::GroupName& group, const Alarm& alarm)>;

  TrustAlarms(EventLoop& loop, State& state, Applications& applications, TrustLists& lists, const Audit& audit,
              const Settings& settings, std::function<std::chrono::system_clock::time_point()> now, Changed changed);

  void look();
  [[nodiscard]] std::vector<Alarm> active(const dbus::GroupName& group) const;

 private:
  EventLoop& loop_;
  State& state_;
  Applications& applications_;
  TrustLists& lists_;
  const Audit& audit_;
  const Settings settings_;
  const std::function<std::chrono::system_clock::time_point()> now_;
  const Changed changed_;
  EventLoop::Source timer_;
  std::map<std::pair<std::string, std::string>, std::vector<Alarm>> active_;  // by application and group
};

}  // namespace edgeseal::agent
