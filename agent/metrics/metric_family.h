#pragma once

#include <span>
#include <string>
#include <string_view>

#include "agent/metrics/duration_histogram.h"
#include "agent/metrics/event_counts.h"
#include "dbus/metrics_port.h"

namespace edgeseal::agent {

using dbus::MetricFamily;
using Labels = std::map<std::string, std::string>;

// One value of its own.
[[nodiscard]] MetricFamily gauge(const std::string& name, const std::string& help, double value);
[[nodiscard]] MetricFamily counter(const std::string& name, const std::string& help, double value);
// Of several: samples are added.
[[nodiscard]] MetricFamily gauges(const std::string& name, const std::string& help);
[[nodiscard]] MetricFamily counters(const std::string& name, const std::string& help);
void add_gauge(MetricFamily& family, const Labels& labels, double value);
// By the names of what was counted, under `label`.
void add_counts(MetricFamily& family, const std::string& label, const EventCounts& counts, const Labels& labels = {});
// All states that there are, and which of them it is in.
[[nodiscard]] MetricFamily stateset(const std::string& name, const std::string& help,
                                    std::span<const std::string_view> states, std::string_view current);
// In seconds.
[[nodiscard]] MetricFamily histograms(const std::string& name, const std::string& help);
void add_histogram(MetricFamily& family, const Labels& labels, const DurationHistogram& histogram);

}  // namespace edgeseal::agent
