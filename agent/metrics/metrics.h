#pragma once

#include <functional>
#include <vector>

#include "agent/audit/audit_log.h"
#include "agent/directories/directory_guard.h"
#include "agent/inhibitors.h"
#include "agent/keys/key_socket.h"
#include "agent/metrics/audit_counts.h"
#include "agent/metrics/command_times.h"
#include "agent/metrics/event_counts.h"
#include "agent/metrics/process_facts.h"
#include "agent/renewal/enrolment.h"
#include "agent/setup/setup.h"
#include "agent/state/state.h"
#include "agent/tpm_worker.h"
#include "agent/trust/time_floor.h"
#include "agent/trust/trust_alarms.h"
#include "dbus/metrics_port.h"

namespace edgeseal::agent {

// What a monitoring system wants to know of the agent (docs/monitoring.md): gathered when it is asked for, so that it
// costs the use of keys nothing. Loop's thread.
class Metrics final : public dbus::MetricsPort {
 public:
  struct Services {
    const TpmWorker& tpm;
    const CommandTimes& commands;
    State& state;
    Enrolment& enrolment;
    const TrustAlarms& alarms;
    const DirectoryGuard& guard;
    const Setup& setup;
    Inhibitors& inhibitors;
    const AuditCounts& audit;
    const AuditLog& audit_log;
    const EventCounts& calls;  // of the bus, by result
    std::function<TimeOfDay()> clock;
    std::function<const KeySocket*()> key_socket;  // null: there is none yet
  };

  explicit Metrics(Services services) : services_(std::move(services)) {}

  std::vector<dbus::MetricFamily> metrics() override;

 private:
  const Services services_;
};

// The parts, each as of now.
[[nodiscard]] std::vector<dbus::MetricFamily> tpm_metrics(const TpmWorker& tpm, const CommandTimes& commands);
[[nodiscard]] std::vector<dbus::MetricFamily> key_socket_metrics(const KeySocket& socket);
[[nodiscard]] std::vector<dbus::MetricFamily> certificate_metrics(State& state,
                                                                  std::chrono::system_clock::time_point now);
[[nodiscard]] std::vector<dbus::MetricFamily> renewal_metrics(Enrolment& enrolment);
[[nodiscard]] std::vector<dbus::MetricFamily> process_metrics(const ProcessFacts& process);

}  // namespace edgeseal::agent
