#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "tests/bench/command_line.h"
#include "tests/bench/soak/promises.h"
#include "tests/bench/soak/soak_report.h"

namespace edgeseal::bench {
namespace {

Findings measure(double minutes, const SoakTerms& terms) {
  const SoakResult result = Soak(terms).run(std::chrono::duration<double>(minutes * 60));
  const std::vector<std::string> broken = broken_promises(result);
  return {soak_table(result), soak_json(result, broken), fmt::format("{}", fmt::join(broken, "\n"))};
}

}  // namespace
}  // namespace edgeseal::bench

int main(int argc, char** argv) {
  using namespace edgeseal::bench;
  SoakTerms terms;
  return run_benchmark(
      argc, argv,
      {.name = "soak_bench",
       .description =
           "1000 programs, 100 of them hostile: whether the others are answered, and whether the agent grows. "
           "Needs root. Fails where a promise is broken.",
       .time_help = "Time at full load",
       .time = {"--minutes", 60, 24 * 60}},
      [&](double minutes) { return measure(minutes, terms); },
      [&](CLI::App& app) {
        app.add_option("--rate", terms.requests_per_second, "Requests of each honest program in a second")
            ->check(CLI::Range(0.01, 100.0))
            ->capture_default_str();
        app.add_option("--patience", terms.patience,
                       "So many times the usual deadlines, and so many requests in a hundred may be told busy: "
                       "for a machine that has other work, too")
            ->check(CLI::Range(1, 100))
            ->capture_default_str();
      });
}
