#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbus/ctl/agent_connection.h"

namespace edgeseal::ctl {

struct MetricSample {
  std::string suffix;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct MetricFamily {
  std::string name, type, unit, help;
  std::vector<MetricSample> samples;
};

[[nodiscard]] std::vector<MetricFamily> read_metrics(AgentConnection& agent);

// OpenMetrics 1.0; or the older text format of Prometheus (0.0.4), which knows neither units nor the types stateset and
// info: the textfile collector of its node exporter reads that one alone.
enum class MetricsFormat { OpenMetrics, Prometheus };
[[nodiscard]] std::string metrics_text(const std::vector<MetricFamily>& families, MetricsFormat format);
[[nodiscard]] nlohmann::json to_json(const std::vector<MetricFamily>& families);

}  // namespace edgeseal::ctl
