#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace edgeseal::agent {

// How long things took, counted by classes as OpenMetrics has them. One thread records, any may read: no lock.
class DurationHistogram {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // Upper bounds, inclusive, in microseconds: from a simulator to a chip that makes an RSA key.
  static constexpr std::array<std::uint32_t, 12> bounds{500,    1000,    2500,    5000,      10'000,    25'000,
                                                        50'000, 100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};

  void record(Duration taken) {
    const auto bound =
        std::ranges::lower_bound(bounds, taken, {}, [](auto us) { return std::chrono::microseconds(us); });
    counts_[static_cast<std::size_t>(bound - bounds.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(taken.count(), std::memory_order_relaxed);
  }

  // Of class `i` alone; the last one is beyond all bounds.
  [[nodiscard]] std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  [[nodiscard]] Duration sum() const { return Duration(sum_.load(std::memory_order_relaxed)); }

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
  std::atomic<Duration::rep> sum_ = 0;
};

}  // namespace edgeseal::agent
