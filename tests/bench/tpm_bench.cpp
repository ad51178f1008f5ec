// What a signature costs with a key in the TPM, with the agent and without it: docs/performance.md.

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "tests/bench/bare_chip.h"
#include "tests/bench/command_line.h"
#include "tests/bench/contender.h"
#include "tests/bench/gateway.h"
#include "tests/bench/program.h"
#include "tests/bench/report.h"
#include "tpm/key_template.h"

namespace edgeseal::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::array algorithms{tpm::KeyAlgorithm::ec_p256, tpm::KeyAlgorithm::rsa_2048};
constexpr std::array<std::size_t, 3> client_counts{1, 4, 32};

// How long TPM2_Sign takes on chips in the field.
struct ChipProfile {
  tpm::KeyAlgorithm algorithm;
  unsigned delay_ms;
};
constexpr std::array profiles{
    ChipProfile{tpm::KeyAlgorithm::ec_p256, 17},  ChipProfile{tpm::KeyAlgorithm::ec_p256, 36},
    ChipProfile{tpm::KeyAlgorithm::ec_p256, 69},  ChipProfile{tpm::KeyAlgorithm::ec_p256, 190},
    ChipProfile{tpm::KeyAlgorithm::rsa_2048, 52}, ChipProfile{tpm::KeyAlgorithm::rsa_2048, 163},
    ChipProfile{tpm::KeyAlgorithm::rsa_2048, 541}};
constexpr std::size_t profile_clients = 8;

void add_rows(Report& report, const ChipProfile& chip, const std::vector<Contender>& contenders) {
  const auto bare = std::ranges::find(contenders, "device", &Contender::path);
  for (const Contender& contender : contenders)
    report.add({tpm::to_string(chip.algorithm), chip.delay_ms, contender.path}, contender.measurement,
               bare->measurement);
}

// swtpm as fast as it is: three of them, so that nobody has to give way to the next.
void measure_overhead(Gateway& gateway, const test::Swtpm& bare_chip, Duration time, Report& report) {
  const test::Swtpm raw_chip;
  RawChip raw(raw_chip.tcti());
  BareDevice device(bare_chip.tcti());
  gateway.start_agent(gateway.chip().tcti());
  const Program program(gateway.openssl_configuration());
  for (const tpm::KeyAlgorithm algorithm : algorithms) {
    gateway.certify(tpm::to_string(algorithm), tpm::to_string(algorithm));
    std::vector<Contender> contenders;
    contenders.push_back({"raw", {raw.signer(algorithm)}, {}});
    contenders.push_back({"device", {device.signer(algorithm)}, {}});
    program.signers(Gateway::key_uri(tpm::to_string(algorithm)), 1).front()();  // loads the key
    for (const std::size_t clients : client_counts)
      contenders.push_back({"agent", program.signers(Gateway::key_uri(tpm::to_string(algorithm)), clients), {}});
    take_turns(contenders, time);
    add_rows(report, {algorithm, 0}, contenders);
  }
}

// Each of `clients` gets `answers` where the queue is fair: the time ends while the last turn of the queue is in work.
Duration queue_time(std::size_t clients, int answers, Duration command) {
  return (answers - 1) * static_cast<int>(clients) * command + command / 2;
}

// A slow chip: every TPM2_Sign waits before swtpm gets it.
void measure_queueing(Gateway& gateway, const test::Swtpm& bare_chip, int answers, Report& report) {
  const std::string script = gateway.chip().directory().file("script");
  ::setenv("EDGESEAL_TCTI_SCRIPT", script.c_str(), 1);
  for (const ChipProfile& profile : profiles) {
    std::ofstream(script) << fmt::format("15d 1- delay-ms={}\n", profile.delay_ms);
    BareDevice device(bare_chip.traced_tcti());
    gateway.start_agent(gateway.chip().traced_tcti());
    const Program program(gateway.openssl_configuration());
    Contender bare{"device", {device.signer(profile.algorithm)}, {}};
    Contender agent{"agent", program.signers(Gateway::key_uri(tpm::to_string(profile.algorithm)), profile_clients), {}};
    bare.measurement.add(
        run_clients(bare.clients, queue_time(bare.clients.size(), 2 * answers, milliseconds(profile.delay_ms))));
    agent.clients.front()();  // loads the key
    agent.measurement.add(
        run_clients(agent.clients, queue_time(profile_clients, answers, bare.measurement.percentile(0.5))));
    add_rows(report, profile, {bare, agent});
  }
}

Report measure(double seconds) {
  Report report;
  Gateway gateway;
  const test::Swtpm bare_chip;
  measure_overhead(gateway, bare_chip, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)),
                   report);
  measure_queueing(gateway, bare_chip, std::max(2, static_cast<int>(2 * seconds)), report);
  return report;
}

}  // namespace
}  // namespace edgeseal::bench

int main(int argc, char** argv) {
  using namespace edgeseal::bench;
  return run_benchmark(
      argc, argv,
      {"tpm_bench", "Signatures per second and their latency: a bare TPM, and the agent through the OpenSSL provider.",
       "Time for each row without a delay"},
      [](double seconds) {
        const Report report = measure(seconds);
        return Findings{report.table(), report.json()};
      });
}
