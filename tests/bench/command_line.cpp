#include "tests/bench/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>

namespace edgeseal::bench {

int run_benchmark(int argc, char** argv, const BenchmarkText& text,
                  const std::function<Findings(double seconds)>& measure,
                  const std::function<void(CLI::App&)>& add_options) {
  CLI::App app(text.description, text.name);
  double seconds = 2;
  std::string json_file;
  app.add_option("--seconds", seconds, text.seconds_help)->check(CLI::Range(0.1, 3600.0))->capture_default_str();
  app.add_option("--json", json_file, "Write the rows to this file too");
  if (add_options) add_options(app);
  CLI11_PARSE(app, argc, argv);
  try {
    const Findings findings = measure(seconds);
    fmt::print("{}", findings.table);
    if (!json_file.empty()) std::ofstream(json_file) << findings.json;
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", text.name, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace edgeseal::bench
