#include "tests/bench/handshake_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgeseal::bench {
namespace {

struct Goal {
  std::string path, key;
  double ratio;
};
const std::vector<Goal> goals{
    {"sealed", "ec-p256", 0.85}, {"sealed", "rsa-2048", 0.95}, {"tpm", "ec-p256", 0.9}, {"tpm", "rsa-2048", 0.9}};

std::optional<double> goal_of(const std::string& path, const std::string& key) {
  const auto found =
      std::ranges::find_if(goals, [&](const Goal& goal) { return goal.path == path && goal.key == key; });
  return found == goals.end() ? std::nullopt : std::optional(found->ratio);
}

double microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

HandshakeReport::Comparison HandshakeReport::compare(const Contender& contender,
                                                     const std::vector<Contender>& contenders,
                                                     const std::string& reference) {
  const auto found = std::ranges::find(contenders, reference, &Contender::path);
  if (found == contenders.end() || contender.path == chip) return std::nullopt;
  const auto ratio = [&](double part) { return contender.measurement.rate_by(found->measurement, part); };
  return Ratio{ratio(0.5), ratio(0.25), ratio(0.75)};
}

void HandshakeReport::add(const Subject& subject, const std::vector<Contender>& contenders) {
  for (const Contender& contender : contenders) {
    const Measurement& measured = contender.measurement;
    const bool in_chip = contender.path != key_file && contender.path != "sealed";
    rows_.push_back(
        {subject, contender.path, measured.per_second(), microseconds(measured.percentile(0.5)) / 1000,
         compare(contender, contenders, key_file), in_chip ? compare(contender, contenders, chip) : std::nullopt,
         in_chip ? compare(contender, contenders, tpm2_openssl) : std::nullopt, microseconds(measured.server_time()),
         measured.client_share(), goal_of(contender.path, subject.key)});
  }
}

std::string HandshakeReport::table() const {
  const auto text = [](const Comparison& ratio) {
    return ratio ? fmt::format("{:.2f} ({:.2f}-{:.2f})", ratio->median, ratio->first_quartile, ratio->third_quartile)
                 : std::string("-");
  };
  std::string lines = fmt::format("{:<9} {:>7} {:>7} {:<13} {:>9} {:>8} {:>17} {:>17} {:>20} {:>9} {:>7} {:>5}\n",
                                  "key", "chip ms", "clients", "path", "per s", "p50 ms", "of file", "of chip",
                                  "of tpm2-openssl", "server us", "client", "goal");
  for (const Row& row : rows_) {
    lines += fmt::format("{:<9} {:>7} {:>7} {:<13} {:>9.1f} {:>8.3f} {:>17} {:>17} {:>20}", row.subject.key,
                         row.subject.chip_delay_ms, row.subject.clients, row.path, row.per_second, row.p50_ms,
                         text(row.of_file), text(row.of_chip), text(row.of_tpm2_openssl));
    if (row.path != chip) lines += fmt::format(" {:>9.0f} {:>6.0f}%", row.server_us, row.client_share * 100);
    if (row.goal) lines += fmt::format(" {:>5.2f}{}", *row.goal, row.misses_goal() ? " missed" : "");
    lines += '\n';
  }
  return lines;
}

std::string HandshakeReport::json() const {
  using Json = nlohmann::ordered_json;
  const auto value = [](const Comparison& ratio) {
    return ratio ? Json{{"median", ratio->median},
                        {"first-quartile", ratio->first_quartile},
                        {"third-quartile", ratio->third_quartile}}
                 : Json();
  };
  Json rows = Json::array();
  for (const Row& row : rows_)
    rows.push_back({{"key", row.subject.key},
                    {"chip-delay-ms", row.subject.chip_delay_ms},
                    {"clients", row.subject.clients},
                    {"path", row.path},
                    {"per-second", row.per_second},
                    {"p50-ms", row.p50_ms},
                    {"of-file", value(row.of_file)},
                    {"of-chip", value(row.of_chip)},
                    {"of-tpm2-openssl", value(row.of_tpm2_openssl)},
                    {"server-us", row.server_us},
                    {"client-share", row.client_share},
                    {"goal", row.goal ? Json(*row.goal) : Json()}});
  return rows.dump(2) + "\n";
}

}  // namespace edgeseal::bench
