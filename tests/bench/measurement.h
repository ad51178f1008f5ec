#pragma once

#include <vector>

#include "tests/bench/load.h"

namespace edgeseal::bench {

// Several rounds of the same load. Other work of the machine comes in bursts: what is compared is measured in turns, a
// round of each, and the median of the rounds is what counts.
class Measurement {
 public:
  // At least one; each with the same clients.
  void add(Load load) { rounds_.push_back(std::move(load)); }

  [[nodiscard]] std::size_t clients() const { return rounds_.front().latencies.size(); }
  [[nodiscard]] double per_second() const;
  // The rate by the rate of another measurement whose rounds took turns with these: that which `part` of the rounds, 0
  // to 1, did not exceed.
  [[nodiscard]] double rate_by(const Measurement& other, double part = 0.5) const;
  // `part` of all operations took at most so long.
  [[nodiscard]] Duration percentile(double part) const;
  // What clients and servers used of the processors for each operation.
  [[nodiscard]] Duration client_time() const { return median_of_each(&Load::client_time); }
  [[nodiscard]] Duration server_time() const { return median_of_each(&Load::server_time); }
  // What the clients used, by what clients and servers used together.
  [[nodiscard]] double client_share() const;
  // The operations of the client that got the fewest, by the mean of all clients: 1 is fair, 0 is starved.
  [[nodiscard]] double slowest_client() const;

 private:
  [[nodiscard]] std::vector<double> rates() const;
  [[nodiscard]] Duration sum(Duration Load::*time) const;
  [[nodiscard]] Duration median_of_each(Duration Load::*time) const;

  std::vector<Load> rounds_;
};

}  // namespace edgeseal::bench
