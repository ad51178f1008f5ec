#pragma once

// One more service behind the bus, in the manner of ports.h.

#include <map>
#include <string>
#include <vector>

namespace edgeseal::dbus {

// As OpenMetrics 1.0 has them: https://prometheus.io/docs/specs/om/open_metrics_spec/
struct MetricSample {
  std::string suffix;  // of the name: "_total", "_bucket" ...; empty: none
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct MetricFamily {
  std::string name;
  std::string type;  // "gauge", "counter", "histogram", "stateset", "info"
  std::string unit;  // "seconds", "bytes"; empty: none. The name ends in it
  std::string help;
  std::vector<MetricSample> samples;
};

// org.edgeseal.Metrics1
class MetricsPort {
 public:
  virtual ~MetricsPort() = default;
  [[nodiscard]] virtual std::vector<MetricFamily> metrics() = 0;
};

}  // namespace edgeseal::dbus
