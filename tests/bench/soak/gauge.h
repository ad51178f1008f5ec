#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace edgeseal::bench {

// What a process holds.
struct Reading {
  std::chrono::duration<double> at{};  // since the gauge was made
  double rss_kib = 0;
  std::size_t descriptors = 0;
  std::uintmax_t journal_bytes = 0;
};

class Gauge {
 public:
  Gauge(pid_t process, std::filesystem::path journal) : process_(process), journal_(std::move(journal)) {}

  // Throws std::runtime_error where the process has ended.
  [[nodiscard]] Reading read() const;

 private:
  const pid_t process_;
  const std::filesystem::path journal_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Of the resident memory, KiB a minute: the slope of the line that fits best through the least of each minute. What
// waiting calls take for a moment is no growth.
[[nodiscard]] double growth_per_minute(const std::vector<Reading>& readings);

}  // namespace edgeseal::bench
