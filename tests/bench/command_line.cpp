#include "tests/bench/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>

namespace edgeseal::bench {

int run_benchmark(int argc, char** argv, const BenchmarkText& text, const std::function<Findings(double time)>& measure,
                  const std::function<void(CLI::App&)>& add_options) {
  CLI::App app(text.description, text.name);
  double time = text.time.usual;
  std::string json_file;
  app.add_option(text.time.name, time, text.time_help)
      ->check(CLI::Range(0.1, text.time.longest))
      ->capture_default_str();
  app.add_option("--json", json_file, "Write the rows to this file too");
  if (add_options) add_options(app);
  CLI11_PARSE(app, argc, argv);
  try {
    const Findings findings = measure(time);
    fmt::print("{}", findings.table);
    if (!json_file.empty()) std::ofstream(json_file) << findings.json;
    if (findings.failure.empty()) return EXIT_SUCCESS;
    fmt::print(stderr, "{}: broken:\n{}\n", text.name, findings.failure);
    return EXIT_FAILURE;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", text.name, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace edgeseal::bench
