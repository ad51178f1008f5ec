#include "tests/bench/soak/tally.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace edgeseal::bench {

void Tally::add(Outcome outcome, std::chrono::nanoseconds taken) {
  ++counts_[static_cast<std::size_t>(outcome)];
  if (outcome != Outcome::answered && outcome != Outcome::busy) return;
  const auto us = std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::microseconds>(taken).count());
  const auto bucket = static_cast<std::size_t>(std::log2(static_cast<double>(us)) * buckets_per_doubling);
  ++latencies_[std::min(bucket, buckets - 1)];
  longest_us_ = std::max(longest_us_.load(), us);
}

void Tally::add_wrong(const std::string& sample) {
  if (counts_[static_cast<std::size_t>(Outcome::wrong)]++ == 0) sample.copy(sample_.data(), sample_.size() - 1);
}

std::chrono::microseconds Tally::percentile(double part) const {
  const auto total = std::accumulate(latencies_.begin(), latencies_.end(), std::uint64_t{0});
  auto left = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(total)));
  for (std::size_t bucket = 0; bucket < buckets && left > 0; ++bucket) {
    const std::uint64_t here = latencies_[bucket];
    if (here < left) {
      left -= here;
      continue;
    }
    const double upper = std::exp2(static_cast<double>(bucket + 1) / buckets_per_doubling);
    return std::min(longest(), std::chrono::microseconds(static_cast<std::int64_t>(upper)));
  }
  return {};
}

}  // namespace edgeseal::bench
