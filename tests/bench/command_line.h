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
};

struct BenchmarkText {
  std::string name;          // "tls_bench"
  std::string description;   // one sentence
  std::string seconds_help;  // what takes so long as --seconds says
};

// The main() of every benchmark: --seconds, --json FILE, --help, and what `add_options` adds; the table goes to
// standard output. What `measure` throws goes to standard error.
[[nodiscard]] int run_benchmark(int argc, char** argv, const BenchmarkText& text,
                                const std::function<Findings(double seconds)>& measure,
                                const std::function<void(CLI::App&)>& add_options = {});

}  // namespace edgeseal::bench
