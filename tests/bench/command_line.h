#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace edgeseal::bench {

// What a benchmark found out.
struct Findings {
  std::string table;  // for people
  std::string json;
  std::string failure = {};  // why the run counts as failed, empty where it does not
};

struct TimeOption {
  std::string name = "--seconds";
  double usual = 2;
  double longest = 3600;
};

struct BenchmarkText {
  std::string name;         // "tls_bench"
  std::string description;  // one sentence
  std::string time_help;    // what takes so long as --seconds says
  TimeOption time = {};
};

// The main() of every benchmark: --seconds (or what `text.time` says), --json FILE, --help, and what `add_options`
// adds; the table goes to standard output. What `measure` throws or calls a failure goes to standard error.
[[nodiscard]] int run_benchmark(int argc, char** argv, const BenchmarkText& text,
                                const std::function<Findings(double time)>& measure,
                                const std::function<void(CLI::App&)>& add_options = {});

}  // namespace edgeseal::bench
