#include "dbus/ctl/open_metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace edgeseal::ctl {
namespace {

// Of label values and help alike.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\' || c == '"') safe += '\\';
    safe += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return safe;
}

// Help of the older format has no quotes that are escaped.
std::string help_text(const std::string& help, MetricsFormat format) {
  std::string text = escaped(help);
  if (format == MetricsFormat::Prometheus)
    for (auto at = text.find("\\\""); at != std::string::npos; at = text.find("\\\"", at)) text.erase(at, 1);
  return text;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(value));
  return text.empty() ? "" : "{" + text + "}";
}

struct Head {
  std::string name, type;
};

// The older format names a counter as its samples are named, and knows states as gauges.
Head head_of(const MetricFamily& family, MetricsFormat format) {
  if (format == MetricsFormat::OpenMetrics) return {family.name, family.type};
  if (family.type == "counter") return {family.name + "_total", family.type};
  if (family.type == "info") return {family.name + "_info", "gauge"};
  return {family.name, family.type == "stateset" ? "gauge" : family.type};
}

std::string family_text(const MetricFamily& family, MetricsFormat format) {
  const Head head = head_of(family, format);
  std::string text = fmt::format("# TYPE {} {}\n", head.name, head.type);
  if (format == MetricsFormat::OpenMetrics && !family.unit.empty())
    text += fmt::format("# UNIT {} {}\n", head.name, family.unit);
  text += fmt::format("# HELP {} {}\n", head.name, help_text(family.help, format));
  for (const auto& sample : family.samples)
    text +=
        fmt::format("{}{}{} {}\n", family.name, sample.suffix, labels_text(sample.labels), number_text(sample.value));
  return text;
}

MetricFamily family_of(const auto& wire) {
  MetricFamily family{std::get<0>(wire), std::get<1>(wire), std::get<2>(wire), std::get<3>(wire), {}};
  for (const auto& sample : std::get<4>(wire))
    family.samples.push_back({std::get<0>(sample), std::get<1>(sample), std::get<2>(sample)});
  return family;
}

}  // namespace

std::vector<MetricFamily> read_metrics(AgentConnection& agent) {
  std::vector<MetricFamily> families;
  agent.with_metrics([&](dbus::RemoteMetrics& metrics) {
    for (const auto& wire : metrics.GetMetrics()) families.push_back(family_of(wire));
  });
  return families;
}

std::string metrics_text(const std::vector<MetricFamily>& families, MetricsFormat format) {
  std::string text;
  for (const auto& family : families) text += family_text(family, format);
  return format == MetricsFormat::OpenMetrics ? text + "# EOF\n" : text;
}

nlohmann::json to_json(const std::vector<MetricFamily>& families) {
  auto all = nlohmann::json::array();
  for (const auto& family : families) {
    auto samples = nlohmann::json::array();
    for (const auto& sample : family.samples)
      samples.push_back({{"name", family.name + sample.suffix}, {"labels", sample.labels}, {"value", sample.value}});
    all.push_back({{"name", family.name},
                   {"type", family.type},
                   {"unit", family.unit},
                   {"help", family.help},
                   {"samples", samples}});
  }
  return all;
}

}  // namespace edgeseal::ctl
