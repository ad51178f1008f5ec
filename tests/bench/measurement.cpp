#include "tests/bench/measurement.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace edgeseal::bench {
namespace {

template <class Value>
Value quantile(std::vector<Value> values, double part) {
  const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + rank);
  return values[static_cast<std::size_t>(rank)];
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

std::size_t operations(const Load& load) {
  return std::transform_reduce(load.latencies.begin(), load.latencies.end(), std::size_t{0}, std::plus{},
                               [](const auto& client) { return client.size(); });
}

}  // namespace

std::vector<double> Measurement::rates() const {
  std::vector<double> rates;
  for (const Load& load : rounds_)
    rates.push_back(static_cast<double>(operations(load)) / std::chrono::duration<double>(load.elapsed).count());
  return rates;
}

double Measurement::per_second() const {
  return median(rates());
}

double Measurement::rate_by(const Measurement& other, double part) const {
  std::vector<double> ratios;
  std::ranges::transform(rates(), other.rates(), std::back_inserter(ratios), std::divides{});
  return quantile(std::move(ratios), part);
}

Duration Measurement::percentile(double part) const {
  std::vector<Duration> all;
  for (const Load& load : rounds_)
    for (const auto& client : load.latencies) all.insert(all.end(), client.begin(), client.end());
  return quantile(std::move(all), part);
}

Duration Measurement::sum(Duration Load::*time) const {
  return std::transform_reduce(rounds_.begin(), rounds_.end(), Duration(0), std::plus{}, std::mem_fn(time));
}

// What else runs makes caches cold, in bursts: here too the median of the rounds counts.
Duration Measurement::median_of_each(Duration Load::*time) const {
  std::vector<Duration> each;
  for (const Load& load : rounds_) each.push_back(load.*time / operations(load));
  return quantile(std::move(each), 0.5);
}

double Measurement::client_share() const {
  const std::chrono::duration<double> clients = sum(&Load::client_time), servers = sum(&Load::server_time);
  return clients / (clients + servers);
}

double Measurement::slowest_client() const {
  std::vector<std::size_t> by_client(clients());
  for (const Load& load : rounds_)
    for (std::size_t client = 0; client < by_client.size(); ++client)
      by_client[client] += load.latencies[client].size();
  const auto total = static_cast<double>(std::accumulate(by_client.begin(), by_client.end(), std::size_t{0}));
  return static_cast<double>(std::ranges::min(by_client)) * static_cast<double>(by_client.size()) / total;
}

}  // namespace edgeseal::bench
