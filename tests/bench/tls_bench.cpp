// Full TLS 1.3 handshakes of nginx per second, by where its key is: docs/performance.md.

#include <fmt/format.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <tss2/tss2_tpm2_types.h>

#include <array>
#include <fstream>
#include <list>

#include "tests/bench/bare_chip.h"
#include "tests/bench/command_line.h"
#include "tests/bench/gateway.h"
#include "tests/bench/handshake_report.h"
#include "tests/bench/nginx.h"
#include "tests/bench/plant.h"
#include "tests/bench/tls_client.h"
#include "tests/bench/tpm2_openssl.h"
#include "tpm/key_template.h"

namespace edgeseal::bench {
namespace {

constexpr std::array algorithms{tpm::KeyAlgorithm::ec_p256, tpm::KeyAlgorithm::rsa_2048};
constexpr std::array<std::size_t, 2> client_counts{1, 4};

// A signature as fast as the fastest chips in the field make it; all else as fast as their bus allows: 32 random bytes,
// read without any pause, take about 2 ms (github.com/tpm2-software/tpm2-tss/issues/2678).
constexpr unsigned other_command_delay_ms = 2;
constexpr unsigned chip_delay_ms(tpm::KeyAlgorithm algorithm) {
  return algorithm == tpm::KeyAlgorithm::ec_p256 ? 17 : 52;
}

// An nginx that is up, and who else works for its handshakes.
class Server {
 public:
  Server(std::string path, const Nginx::Settings& settings, std::vector<pid_t> others = {})
      : path_(std::move(path)), certificate_(settings.certificate), nginx_(settings), processes_(std::move(others)) {
    processes_.push_back(nginx_.id());
    try {
      TlsClient(nginx_.socket(), certificate_).handshake();
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}: {}\n{}", path_, error.what(), nginx_.log()));
    }
  }

  [[nodiscard]] Contender contender(std::size_t clients) const {
    return {path_, handshakes(nginx_.socket(), certificate_, clients), {}, processes_};
  }

 private:
  std::string path_;
  std::filesystem::path certificate_;
  Nginx nginx_;
  std::vector<pid_t> processes_;
};
using Servers = std::list<Server>;

Nginx::Settings with_key_file(const std::filesystem::path& directory, const std::string& key) {
  const Nginx::Settings settings{.certificate = directory / (key + ".certificate.pem"),
                                 .key = directory / (key + ".pem"),
                                 .openssl_configuration = "/dev/null"};
  const fakes::PkeyPtr made = fakes::generate_key(key == "ec-p256" ? "EC" : "RSA");
  const fakes::CertificatePtr certificate = certificate_for(made.get());
  const std::shared_ptr<BIO> key_file(BIO_new_file(settings.key.c_str(), "w"), BIO_free);
  const std::shared_ptr<BIO> certificate_file(BIO_new_file(settings.certificate.c_str(), "w"), BIO_free);
  if (!key_file || !certificate_file ||
      PEM_write_bio_PrivateKey(key_file.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_file.get(), certificate.get()) != 1)
    throw std::runtime_error("cannot write " + settings.key.native());
  return settings;
}

Nginx::Settings with_agent(const Gateway& gateway, const std::string& application) {
  const std::filesystem::path published = AgentProcess::published(gateway.directory(), application);
  return {.certificate = published / "fullchain.pem",
          .key = published / "own/private/key.pem",
          .openssl_configuration = gateway.openssl_configuration()};
}

// The chip alone, which has one client, beside each number of clients of the servers.
void measure(const HandshakeReport::Subject& subject, const Operation& sign, const Servers& servers, Duration time,
             HandshakeReport& report) {
  for (const std::size_t clients : client_counts) {
    std::vector<Contender> contenders{{HandshakeReport::chip, {sign}, {}}};
    for (const Server& server : servers) contenders.push_back(server.contender(clients));
    take_turns(contenders, time);
    report.add({subject.key, subject.chip_delay_ms, clients}, contenders);
  }
}

// swtpm as fast as it is, one for each who uses a chip, so that nobody has to give way to the next.
void measure_side_by_side(Gateway& gateway, tpm::KeyAlgorithm algorithm, Duration time, HandshakeReport& report) {
  const std::string key = tpm::to_string(algorithm);
  const test::Swtpm bare_chip;
  RawChip raw(bare_chip.tcti());
  const Tpm2Openssl tpm2_openssl(key, Tpm2Openssl::Chip::direct);
  gateway.start_agent(gateway.chip().tcti());
  gateway.certify(key, key);
  gateway.certify("sealed-" + key, key + ",sealed");
  Servers servers;
  servers.emplace_back(HandshakeReport::key_file, with_key_file(gateway.directory(), key));
  servers.emplace_back("sealed", with_agent(gateway, "sealed-" + key), std::vector{gateway.agent().id()});
  servers.emplace_back("tpm", with_agent(gateway, key), std::vector{gateway.agent().id()});
  servers.emplace_back(HandshakeReport::tpm2_openssl, tpm2_openssl.server());
  measure({.key = key}, raw.signer(algorithm), servers, time, report);
}

void write_delays(const std::string& script, tpm::KeyAlgorithm algorithm) {
  std::ofstream file(script);
  for (const TPM2_CC signing : {TPM2_CC_Sign, TPM2_CC_RSA_Decrypt})
    file << fmt::format("{:x} 1- delay-ms={}\n", signing, chip_delay_ms(algorithm));
  for (const TPM2_CC other : {TPM2_CC_GetRandom, TPM2_CC_Hash, TPM2_CC_ECC_Parameters})
    file << fmt::format("{:x} 1- delay-ms={}\n", other, other_command_delay_ms);
}

// A slow chip: all that is asked of it for a handshake waits before swtpm gets it.
void measure_slow_chip(Gateway& gateway, tpm::KeyAlgorithm algorithm, Duration time, HandshakeReport& report) {
  const std::string key = tpm::to_string(algorithm);
  const std::string script = gateway.chip().directory().file("script");
  write_delays(script, algorithm);
  ::setenv("EDGESEAL_TCTI_SCRIPT", script.c_str(), 1);
  const test::Swtpm bare_chip;
  RawChip raw(bare_chip.traced_tcti());
  const Tpm2Openssl tpm2_openssl(key, Tpm2Openssl::Chip::traced);
  gateway.start_agent(gateway.chip().traced_tcti());
  Servers servers;
  servers.emplace_back("tpm", with_agent(gateway, key), std::vector{gateway.agent().id()});
  servers.emplace_back(HandshakeReport::tpm2_openssl, tpm2_openssl.server());
  measure({.key = key, .chip_delay_ms = chip_delay_ms(algorithm)}, raw.signer(algorithm), servers, time, report);
}

HandshakeReport measure(Duration time) {
  HandshakeReport report;
  Gateway gateway;
  for (const tpm::KeyAlgorithm algorithm : algorithms) measure_side_by_side(gateway, algorithm, time, report);
  for (const tpm::KeyAlgorithm algorithm : algorithms) measure_slow_chip(gateway, algorithm, time, report);
  return report;
}

}  // namespace
}  // namespace edgeseal::bench

int main(int argc, char** argv) {
  using namespace edgeseal::bench;
  return run_benchmark(argc, argv,
                       {"tls_bench", "Full TLS 1.3 handshakes of nginx per second: a key file, and keys of the agent.",
                        "Time for each row"},
                       [](double seconds) {
                         const HandshakeReport report =
                             measure(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
                         return Findings{report.table(), report.json()};
                       });
}
