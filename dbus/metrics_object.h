#pragma once

#include <map>
#include <string>
#include <vector>

#include "dbus/compat.h"
#include "dbus/generated/org.edgeseal.Metrics1_adaptor.h"
#include "dbus/guard.h"
#include "dbus/metrics_port.h"

namespace edgeseal::dbus {

// Metrics1 of /org/edgeseal.
class MetricsObject final : public sdbus::AdaptorInterfaces<org::edgeseal::Metrics1_adaptor> {
 public:
  MetricsObject(sdbus::IConnection& connection, MetricsPort& metrics, Guard& guard);
  ~MetricsObject() { unregisterAdaptor(); }

 private:
  using Sample = sdbus::Struct<std::string, std::map<std::string, std::string>, double>;
  using Family = sdbus::Struct<std::string, std::string, std::string, std::string, std::vector<Sample>>;

  [[nodiscard]] static Family to_wire(const MetricFamily& family);
  void GetMetrics(sdbus::Result<std::vector<Family>>&& result) override;

  MetricsPort& metrics_;
  Guard& guard_;
};

}  // namespace edgeseal::dbus
