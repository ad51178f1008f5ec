#pragma once

#include <vector>

#include "dbus/metrics_port.h"
#include "tests/fakes/port_fault.h"

namespace edgeseal::dbus::fake {

class FakeMetrics final : public MetricsPort {
 public:
  Fault fault;
  std::vector<MetricFamily> families{{"edgeseal_signatures",
                                      "counter",
                                      "",
                                      "Signatures.",
                                      {{"_total", {{"key", "web/https/https"}, {"result", "success"}}, 41}}},
                                     {"edgeseal_clock_synchronised", "gauge", "", "Clock.", {{"", {}, 1}}}};

  std::vector<MetricFamily> metrics() override {
    fault.strike();
    return families;
  }
};

}  // namespace edgeseal::dbus::fake
