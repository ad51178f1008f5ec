#include "tests/bench/soak/gauge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace edgeseal::bench {
namespace {

std::vector<Reading> least_of_each_minute(const std::vector<Reading>& readings) {
  std::map<std::int64_t, Reading> least;
  for (const Reading& reading : readings) {
    const auto minute = static_cast<std::int64_t>(reading.at / std::chrono::minutes(1));
    const auto [entry, first] = least.emplace(minute, reading);
    if (!first && reading.rss_kib < entry->second.rss_kib) entry->second = reading;
  }
  std::vector<Reading> result;
  for (const auto& [minute, reading] : least) result.push_back(reading);
  return result;
}

}  // namespace

Reading Gauge::read() const {
  const std::filesystem::path directory = fmt::format("/proc/{}", process_);
  std::ifstream pages(directory / "statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(pages >> size >> resident) || resident == 0) throw std::runtime_error("the agent has ended");
  const auto descriptors = std::distance(std::filesystem::directory_iterator(directory / "fd"), {});
  return {std::chrono::steady_clock::now() - begin_,
          static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024,
          static_cast<std::size_t>(descriptors), std::filesystem::file_size(journal_)};
}

double growth_per_minute(const std::vector<Reading>& readings) {
  const std::vector<Reading> least = least_of_each_minute(readings);
  const auto count = static_cast<double>(least.size());
  double time = 0;
  double memory = 0;
  for (const Reading& reading : least) {
    time += reading.at.count() / count;
    memory += reading.rss_kib / count;
  }
  double covariance = 0;
  double variance = 0;
  for (const Reading& reading : least) {
    covariance += (reading.at.count() - time) * (reading.rss_kib - memory);
    variance += (reading.at.count() - time) * (reading.at.count() - time);
  }
  return variance == 0 ? 0 : 60 * covariance / variance;
}

}  // namespace edgeseal::bench
