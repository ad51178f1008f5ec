#include "tests/bench/soak/soak_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgeseal::bench {
namespace {

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

Reading highest(const SoakResult& result) {
  Reading highest;
  for (const Reading& reading : result.readings) {
    highest.rss_kib = std::max(highest.rss_kib, reading.rss_kib);
    highest.descriptors = std::max(highest.descriptors, reading.descriptors);
  }
  return highest;
}

double journal_kib_per_minute(const SoakResult& result) {
  return static_cast<double>(result.end.journal_bytes - result.start.journal_bytes) / 1024 / result.time.count() * 60;
}

// What a hostile program waits for tells nothing.
std::string row(const Crowd& crowd) {
  std::string text = fmt::format("{:<20} {:>4} {:>7} {:>9} {:>9} {:>8} {:>7} {:>6}", crowd.name, crowd.account,
                                 crowd.clients, crowd.sent, crowd.answered, crowd.busy, crowd.wrong, crowd.lost);
  if (crowd.kind != Crowd::Kind::hostile)
    text += fmt::format(" {:>5} {:>7.1f} {:>7.1f} {:>7.1f}", crowd.late, milliseconds(crowd.p50),
                        milliseconds(crowd.p99), milliseconds(crowd.longest));
  return text + "\n";
}

nlohmann::ordered_json to_json(const Crowd& crowd) {
  return {{"name", crowd.name},
          {"account", crowd.account},
          {"clients", crowd.clients},
          {"hostile", crowd.kind == Crowd::Kind::hostile},
          {"sent", crowd.sent},
          {"answered", crowd.answered},
          {"busy", crowd.busy},
          {"late", crowd.late},
          {"lost", crowd.lost},
          {"wrong", crowd.wrong},
          {"p50-ms", milliseconds(crowd.p50)},
          {"p99-ms", milliseconds(crowd.p99)},
          {"max-ms", milliseconds(crowd.longest)}};
}

nlohmann::ordered_json to_json(const Reading& reading) {
  return {{"rss-kib", reading.rss_kib}, {"descriptors", reading.descriptors}};
}

}  // namespace

std::string soak_table(const SoakResult& result) {
  std::string text =
      fmt::format("{:<20} {:>4} {:>7} {:>9} {:>9} {:>8} {:>7} {:>6} {:>5} {:>7} {:>7} {:>7}\n", "programs", "uid",
                  "clients", "sent", "answered", "busy", "other", "ended", "late", "p50 ms", "p99 ms", "max ms");
  for (const Crowd& crowd : result.crowds) text += row(crowd);
  const Reading load = highest(result);
  text += fmt::format("\n{:<12} {:>9} {:>9} {:>9}\n{:<12} {:>9.1f} {:>9.1f} {:>9.1f}\n{:<12} {:>9} {:>9} {:>9}\n",
                      "agent", "start", "load", "end", "RSS MiB", result.start.rss_kib / 1024, load.rss_kib / 1024,
                      result.end.rss_kib / 1024, "descriptors", result.start.descriptors, load.descriptors,
                      result.end.descriptors);
  return text +
         fmt::format("growth of RSS {:.1f} KiB a minute, of the journal {:.1f} KiB a minute, over {:.1f} minutes\n",
                     growth_per_minute(result.readings), journal_kib_per_minute(result), result.time.count() / 60);
}

std::string soak_json(const SoakResult& result, const std::vector<std::string>& broken) {
  auto crowds = nlohmann::ordered_json::array();
  for (const Crowd& crowd : result.crowds) crowds.push_back(to_json(crowd));
  const nlohmann::ordered_json report = {{"seconds", result.time.count()},
                                         {"programs", crowds},
                                         {"start", to_json(result.start)},
                                         {"load", to_json(highest(result))},
                                         {"end", to_json(result.end)},
                                         {"rss-growth-kib-per-minute", growth_per_minute(result.readings)},
                                         {"journal-kib-per-minute", journal_kib_per_minute(result)},
                                         {"broken", broken}};
  return report.dump(2) + "\n";
}

}  // namespace edgeseal::bench
