#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace edgeseal::bench {

// What became of requests, and how long their answers took. One process writes, another reads: it lies in memory that
// they share, and takes the same room after an hour.
class Tally {
 public:
  enum class Outcome : std::size_t {
    sent,  // the request itself
    answered,
    busy,   // refused for want of room or time, as the protocol says it
    late,   // not within the deadline
    lost,   // the connection ended, again and again
    wrong,  // another answer than these
    count_
  };

  void add(Outcome outcome, std::chrono::nanoseconds taken);
  // With what the answer was; the first one is kept.
  void add_wrong(const std::string& sample);

  [[nodiscard]] std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
  // `part` of the answers, those of Busy too, took at most so long; 9 % too much at most.
  [[nodiscard]] std::chrono::microseconds percentile(double part) const;
  [[nodiscard]] std::chrono::microseconds longest() const { return std::chrono::microseconds(longest_us_.load()); }
  [[nodiscard]] std::string sample() const { return sample_.data(); }

 private:
  static constexpr std::size_t buckets_per_doubling = 8;
  static constexpr std::size_t buckets = 32 * buckets_per_doubling;

  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Outcome::count_)> counts_{};
  std::array<std::atomic<std::uint64_t>, buckets> latencies_{};
  std::atomic<std::int64_t> longest_us_ = 0;
  std::array<char, 256> sample_{};
};

}  // namespace edgeseal::bench
