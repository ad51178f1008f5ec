#include "agent/metrics/metric_family.h"

#include <fmt/format.h>

#include <array>

namespace edgeseal::agent {

namespace {

constexpr std::array units = {std::string_view("seconds"), std::string_view("bytes")};

std::string unit_of(const std::string& name) {
  for (const std::string_view unit : units)
    if (name.ends_with(fmt::format("_{}", unit))) return std::string(unit);
  return {};
}

MetricFamily family(const std::string& name, const std::string& type, const std::string& help) {
  return {name, type, unit_of(name), help, {}};
}

double in_seconds(std::chrono::duration<double> duration) {
  return duration.count();
}

// As OpenMetrics wants whole numbers: "1.0".
std::string bound_text(std::uint32_t microseconds) {
  const std::string text = fmt::format("{}", in_seconds(std::chrono::microseconds(microseconds)));
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

}  // namespace

MetricFamily gauge(const std::string& name, const std::string& help, double value) {
  MetricFamily one = gauges(name, help);
  add_gauge(one, {}, value);
  return one;
}

MetricFamily counter(const std::string& name, const std::string& help, double value) {
  MetricFamily one = counters(name, help);
  one.samples.push_back({"_total", {}, value});
  return one;
}

MetricFamily gauges(const std::string& name, const std::string& help) {
  return family(name, "gauge", help);
}

MetricFamily counters(const std::string& name, const std::string& help) {
  return family(name, "counter", help);
}

void add_gauge(MetricFamily& family, const Labels& labels, double value) {
  family.samples.push_back({"", labels, value});
}

void add_counts(MetricFamily& family, const std::string& label, const EventCounts& counts, const Labels& labels) {
  for (const auto& [name, count] : counts.all()) {
    Labels all = labels;
    all[label] = name;
    family.samples.push_back({"_total", all, static_cast<double>(count)});
  }
}

MetricFamily stateset(const std::string& name, const std::string& help, std::span<const std::string_view> states,
                      std::string_view current) {
  MetricFamily set = family(name, "stateset", help);
  for (const std::string_view state : states) add_gauge(set, {{name, std::string(state)}}, state == current ? 1 : 0);
  return set;
}

MetricFamily histograms(const std::string& name, const std::string& help) {
  return family(name, "histogram", help);
}

void add_histogram(MetricFamily& family, const Labels& labels, const DurationHistogram& histogram) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= DurationHistogram::bounds.size(); ++i) {
    count += histogram.count(i);
    Labels with_bound = labels;
    with_bound["le"] = i == DurationHistogram::bounds.size() ? "+Inf" : bound_text(DurationHistogram::bounds[i]);
    family.samples.push_back({"_bucket", with_bound, static_cast<double>(count)});
  }
  family.samples.push_back({"_count", labels, static_cast<double>(count)});
  family.samples.push_back({"_sum", labels, in_seconds(histogram.sum())});
}

}  // namespace edgeseal::agent
