#include "agent/metrics/metrics.h"

#include <algorithm>
#include <iterator>

#include "agent/call_error.h"
#include "agent/metrics/metric_family.h"

namespace edgeseal::agent {

namespace {

using Families = std::vector<dbus::MetricFamily>;

void append(Families& all, Families more) {
  std::ranges::move(more, std::back_inserter(all));
}

std::size_t standing_drift(const DirectoryGuard& guard) {
  return guard.standing().size();
}

MetricFamily version_metric() {
  MetricFamily info{"edgeseal_build", "info", "", "The version of the agent that runs.", {}};
  info.samples.push_back({"_info", {{"version", EDGESEAL_VERSION}}, 1});
  return info;
}

MetricFamily setup_metric(const Setup& setup) {
  std::vector<std::string_view> names;
  for (const SetupState state : setup_states) names.push_back(setup_state_name(state));
  return stateset("edgeseal_setup_state", "Application setup, as edgesealctl setup shows it.", names,
                  setup_state_name(setup.state()));
}

MetricFamily alarm_metric(const TrustAlarms& alarms) {
  MetricFamily family = gauges("edgeseal_alarms", "Alarms of certificates and trust lists that are active, by kind.");
  for (const auto& [kind, count] : alarms.count()) add_gauge(family, {{"kind", kind}}, static_cast<double>(count));
  return family;
}

Families clock_metrics(const TimeOfDay& clock) {
  const std::chrono::duration<double> day = clock.time.time_since_epoch();
  return {gauge("edgeseal_clock_synchronised", "1: a time server has set the clock.", clock.synchronised ? 1 : 0),
          gauge("edgeseal_clock_timestamp_seconds",
                "The time by which the agent judges certificates: the clock, but never before what it knew last.",
                day.count())};
}

}  // namespace

Families Metrics::metrics() {
  return translated([&] {
    const TimeOfDay clock = services_.clock();
    Families all{version_metric(), setup_metric(services_.setup)};
    append(all, tpm_metrics(services_.tpm, services_.commands));
    if (const KeySocket* socket = services_.key_socket()) append(all, key_socket_metrics(*socket));
    append(all, certificate_metrics(services_.state, clock.time));
    append(all, renewal_metrics(services_.enrolment));
    all.push_back(alarm_metric(services_.alarms));
    all.push_back(counters("edgeseal_directory_drift",
                           "Changes of others in directories that the agent keeps, by what became of them."));
    add_counts(all.back(), "action", services_.audit.drift);
    all.push_back(gauge("edgeseal_directory_drift_standing", "Such changes that stand: not repaired, or not ours to.",
                        static_cast<double>(standing_drift(services_.guard))));
    all.push_back(counters("edgeseal_audit_events", "What was recorded for the audit, by kind."));
    add_counts(all.back(), "kind", services_.audit.kinds);
    all.push_back(gauge("edgeseal_audit_written",
                        "1: the audit log takes what comes: it is written, synced and sealed.",
                        services_.audit_log.write_problem().empty() ? 1 : 0));
    all.push_back(counters("edgeseal_dbus_calls", "Calls over D-Bus that were decided, by result."));
    add_counts(all.back(), "result", services_.calls);
    all.push_back(gauge("edgeseal_busy", "1: somebody inhibits changes.", services_.inhibitors.busy() ? 1 : 0));
    append(all, clock_metrics(clock));
    append(all, process_metrics(ProcessFacts::read()));
    return all;
  });
}

}  // namespace edgeseal::agent
