#include "dbus/metrics_object.h"

#include <utility>

#include "dbus/object_path.h"

namespace edgeseal::dbus {

MetricsObject::MetricsObject(sdbus::IConnection& connection, MetricsPort& metrics, Guard& guard)
    : AdaptorInterfaces(connection, sdbus::ObjectPath(kRootPath)), metrics_(metrics), guard_(guard) {
  registerAdaptor();
}

MetricsObject::Family MetricsObject::to_wire(const MetricFamily& family) {
  std::vector<Sample> samples;
  samples.reserve(family.samples.size());
  for (const auto& sample : family.samples) samples.emplace_back(sample.suffix, sample.labels, sample.value);
  return {family.name, family.type, family.unit, family.help, samples};
}

void MetricsObject::GetMetrics(sdbus::Result<std::vector<Family>>&& result) {
  guard_.run("org.edgeseal.Metrics1.GetMetrics", getObject(), "", std::move(result),
             [&metrics = metrics_](const Caller&) {
               std::vector<Family> families;
               for (const auto& family : metrics.metrics()) families.push_back(to_wire(family));
               return families;
             });
}

}  // namespace edgeseal::dbus
