#include "tests/bench/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace edgeseal::bench {
namespace {

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

void Report::add(const Subject& subject, const Measurement& measured, const Measurement& bare) {
  const double command_ms = milliseconds(bare.percentile(0.5));
  const double p50_ms = milliseconds(measured.percentile(0.5));
  rows_.push_back({subject, measured.clients(), measured.per_second(), p50_ms, milliseconds(measured.percentile(0.99)),
                   measured.rate_by(bare), p50_ms / (static_cast<double>(measured.clients()) * command_ms),
                   measured.slowest_client()});
}

std::string Report::table() const {
  std::string text =
      fmt::format("{:<9} {:>8} {:<7} {:>7} {:>12} {:>9} {:>9} {:>9} {:>8} {:>8}\n", "key", "delay ms", "path",
                  "clients", "signatures/s", "p50 ms", "p99 ms", "of device", "of queue", "slowest");
  for (const Row& row : rows_)
    text += fmt::format("{:<9} {:>8} {:<7} {:>7} {:>12.1f} {:>9.3f} {:>9.3f} {:>9.2f} {:>8.2f} {:>8.2f}\n",
                        row.subject.key, row.subject.delay_ms, row.subject.path, row.clients, row.signatures_per_second,
                        row.p50_ms, row.p99_ms, row.of_device, row.of_queue, row.slowest_client);
  return text;
}

std::string Report::json() const {
  auto rows = nlohmann::ordered_json::array();
  for (const Row& row : rows_)
    rows.push_back({{"key", row.subject.key},
                    {"delay-ms", row.subject.delay_ms},
                    {"path", row.subject.path},
                    {"clients", row.clients},
                    {"signatures-per-second", row.signatures_per_second},
                    {"p50-ms", row.p50_ms},
                    {"p99-ms", row.p99_ms},
                    {"of-device", row.of_device},
                    {"of-queue", row.of_queue},
                    {"slowest-client", row.slowest_client}});
  return rows.dump(2) + "\n";
}

}  // namespace edgeseal::bench
