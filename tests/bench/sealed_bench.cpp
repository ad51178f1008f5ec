// What a signature costs with a sealed key in the agent, by what it costs with the same kind of key in the program
// itself: docs/performance.md.

#include <fmt/format.h>
#include <openssl/pem.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/bench/command_line.h"
#include "tests/bench/contender.h"
#include "tests/bench/gateway.h"
#include "tests/bench/program.h"

namespace edgeseal::bench {
namespace {

struct Goal {
  std::string key;  // as OpenSSL generates it, and as a slot declares it
  std::size_t clients;
  double of_plain;
};
const std::array goals{Goal{"ec-p256", 1, 0.35}, Goal{"ec-p256", 4, 0.6}, Goal{"rsa-2048", 1, 0.9},
                       Goal{"rsa-2048", 4, 0.9}};

struct Row {
  Goal goal;
  Measurement plain, sealed;

  [[nodiscard]] double of_plain() const { return sealed.rate_by(plain); }
};

double microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// A key file of the program's own.
std::string plain_key(const Gateway& gateway, const std::string& key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> made(
      key == "ec-p256" ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::string path = gateway.directory() / (key + ".pem");
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "we"), std::fclose);
  if (!file || PEM_write_PrivateKey(file.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("cannot write " + path);
  return "file:" + path;
}

Row measure(const Program& program, const std::string& plain_uri, const Goal& goal, pid_t agent, Duration time) {
  std::vector<Contender> contenders;
  contenders.push_back({"plain", program.signers(plain_uri, goal.clients), {}});
  contenders.push_back({"sealed", program.signers(Gateway::key_uri(goal.key), goal.clients), {}, {agent}});
  contenders.back().clients.front()();  // opens the key
  take_turns(contenders, time);
  return {goal, std::move(contenders[0].measurement), std::move(contenders[1].measurement)};
}

std::vector<Row> measure(Duration time) {
  Gateway gateway;
  gateway.start_agent(gateway.chip().tcti());
  const Program program(gateway.openssl_configuration());
  std::map<std::string, std::string> plain_uris;
  std::vector<Row> rows;
  for (const Goal& goal : goals) {
    if (plain_uris.emplace(goal.key, plain_key(gateway, goal.key)).second)
      gateway.certify(goal.key, goal.key + ",sealed");
    rows.push_back(measure(program, plain_uris[goal.key], goal, gateway.agent().id(), time));
  }
  return rows;
}

std::string table(const std::vector<Row>& rows) {
  std::string text =
      fmt::format("{:<9} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9} {:>9} {:>6}\n", "key", "clients", "plain/s",
                  "sealed/s", "p50 us", "p99 us", "plain us", "program us", "agent us", "of plain", "goal");
  for (const Row& row : rows)
    text +=
        fmt::format("{:<9} {:>7} {:>9.0f} {:>9.0f} {:>9.1f} {:>9.1f} {:>9.1f} {:>10.1f} {:>9.1f} {:>9.2f} {:>6.2f}{}\n",
                    row.goal.key, row.goal.clients, row.plain.per_second(), row.sealed.per_second(),
                    microseconds(row.sealed.percentile(0.5)), microseconds(row.sealed.percentile(0.99)),
                    microseconds(row.plain.client_time()), microseconds(row.sealed.client_time()),
                    microseconds(row.sealed.server_time()), row.of_plain(), row.goal.of_plain,
                    row.of_plain() < row.goal.of_plain ? " missed" : "");
  return text;
}

std::string json(const std::vector<Row>& rows) {
  auto values = nlohmann::ordered_json::array();
  for (const Row& row : rows)
    values.push_back({{"key", row.goal.key},
                      {"clients", row.goal.clients},
                      {"plain-per-second", row.plain.per_second()},
                      {"sealed-per-second", row.sealed.per_second()},
                      {"p50-us", microseconds(row.sealed.percentile(0.5))},
                      {"p99-us", microseconds(row.sealed.percentile(0.99))},
                      {"plain-processor-us", microseconds(row.plain.client_time())},
                      {"program-processor-us", microseconds(row.sealed.client_time())},
                      {"agent-processor-us", microseconds(row.sealed.server_time())},
                      {"of-plain", row.of_plain()},
                      {"goal", row.goal.of_plain}});
  return values.dump(2) + "\n";
}

}  // namespace
}  // namespace edgeseal::bench

int main(int argc, char** argv) {
  using namespace edgeseal::bench;
  return run_benchmark(
      argc, argv,
      {"sealed_bench", "Signatures per second: a key in the program itself, and a sealed key in the agent.",
       "Time for each column of each row"},
      [](double seconds) {
        const auto rows = measure(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
        return Findings{table(rows), json(rows)};
      });
}
