#pragma once

#include <string>
#include <vector>

#include "tests/bench/measurement.h"

namespace edgeseal::bench {

// What the measurements say, one row each: as a table for people, as JSON for programs.
class Report {
 public:
  struct Subject {
    std::string key;  // "ec-p256", "rsa-2048"
    unsigned delay_ms = 0;
    std::string path;  // "raw", "device", "agent"
  };

  // `bare` is the KeyDevice alone, with the same key and chip, measured in turns with this.
  void add(const Subject& subject, const Measurement& measured, const Measurement& bare);

  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json() const;

 private:
  struct Row {
    Subject subject;
    std::size_t clients;
    double signatures_per_second;
    double p50_ms;
    double p99_ms;
    double of_device;       // rate by that of the bare device
    double of_queue;        // p50 by number of clients times p50 of the bare device
    double slowest_client;  // see Measurement
  };

  std::vector<Row> rows_;
};

}  // namespace edgeseal::bench
