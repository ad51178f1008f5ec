#include "dbus/ctl/doctor/description.h"

#include <algorithm>

namespace edgeseal::ctl {

nlohmann::json member_of(const nlohmann::json& object, const char* name) {
  return object.is_object() && object.contains(name) ? object.at(name) : nlohmann::json();
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto value = member_of(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

nlohmann::json application_of(const Facts& facts, const std::string& name) {
  if (!facts.description) return {};
  for (const auto& application : member_of(*facts.description, "applications"))
    if (text_of(application, "name") == name) return application;
  return {};
}

void for_each_group(const Facts& facts,
                    const std::function<void(const std::string& name, const nlohmann::json& group)>& visit) {
  if (!facts.description) return;
  for (const auto& application : member_of(*facts.description, "applications")) {
    const auto groups = member_of(application, "groups");
    for (const auto& [name, group] : groups.items()) visit(text_of(application, "name") + "/" + name, group);
  }
}

std::optional<double> sample_of(const Facts& facts, const std::string& name) {
  if (!facts.metrics) return std::nullopt;
  const auto family = std::ranges::find(*facts.metrics, name, &MetricFamily::name);
  if (family == facts.metrics->end() || family->samples.empty()) return std::nullopt;
  return family->samples.front().value;
}

}  // namespace edgeseal::ctl
