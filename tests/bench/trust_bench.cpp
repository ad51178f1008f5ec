// What a trust list costs by its length: until it is in force, and for each certificate that it judges; beside
// OpenSSL's own store with the same certificates and CRLs: docs/performance.md.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "agent/keys/secret_memory.h"
#include "agent/trust/validation.h"
#include "tests/bench/command_line.h"
#include "tests/bench/contender.h"
#include "tests/bench/openssl_store.h"
#include "tests/bench/trust_material.h"
#include "tests/unit/agent/core.h"

namespace edgeseal::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::array<std::size_t, 4> sizes{10, 100, 1000, 10'000};
constexpr double apply_goal_ms = 2000, validate_goal_us = 1000;
constexpr double tolerated_growth = 1.25;  // of the cost for each certificate, from one size to the next

template <class Function>
double milliseconds(const Function& function) {
  const auto start = Clock::now();
  function();
  return Milliseconds(Clock::now() - start).count();
}

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

struct Row {
  std::size_t certificates = 0, crls = 0;
  double decode_ms = 0, check_ms = 0, store_ms = 0, commit_ms = 0, publish_ms = 0;  // each step by itself
  double apply_ms = 0;                                                              // all of it, through the agent
  double load_ms = 0;                                                               // OpenSSL's
  Measurement validation{}, openssl{};

  [[nodiscard]] double us_each() const { return apply_ms * 1000 / static_cast<double>(certificates); }
  [[nodiscard]] double validate_us() const { return 1e6 / validation.per_second(); }
  [[nodiscard]] double openssl_us() const { return 1e6 / openssl.per_second(); }
};

// The agent, but for the bus, with an application that has nothing but a trust list.
class Device : public test::Core {
 public:
  Device() {
    applications.create({.name = "server",
                         .application_uri = "urn:bench:server",
                         .account = "",
                         .access = {},
                         .slots = {},
                         .origin = "bus",
                         .trust_groups = {group_.group}});
    (void)value<std::monostate>([this](auto answer) { seal.prepare(std::move(answer)); });
  }

  void measure_steps(const TrustMaterial& material, Row& row) {
    const agent::Bytes blob = agent::encode_trust_list(material.list);
    agent::TrustList list;
    row.decode_ms = milliseconds([&] { list = agent::decode_trust_list(blob); });
    std::optional<agent::CheckedTrustList> checked;
    row.check_ms = milliseconds([&] { checked = lists.check(group_, list, clock.now()); });
    row.store_ms = milliseconds([&] { (void)agent::TrustStore(list); });
    row.commit_ms = milliseconds([&] { state.commit({.trust_lists = {checked->record}}, clock.now()); });
    const agent::PublishedGroup group{.group = "alone", .trust_list = list};
    row.publish_ms = milliseconds([&] { publication.prepare(group_.application, {}, group).exchange(); });
  }

  // From the bytes that a client has written to the answer of ApplyChanges.
  void apply(const TrustMaterial& material, Row& row) {
    const agent::Bytes blob = agent::encode_trust_list(material.list);
    row.apply_ms = milliseconds([&] {
      groups.stage_trust_list(owner_, lists.check(group_, agent::decode_trust_list(blob), clock.now()));
      (void)value<std::monostate>(
          [this](auto answer) { groups.apply(owner_, group_.application, {}, std::move(answer)); });
    });
  }

  [[nodiscard]] agent::TrustStorePtr store() { return lists.store(group_); }
  [[nodiscard]] std::string published(const std::string& file) const {
    return publication.directory(group_.application, group_.group) + "/" + file;
  }

 private:
  const dbus::GroupName group_{"server", "application"};
  const agent::TransactionOwner owner_{":1.7", ""};
};

bool accepts(const agent::TrustStore& store, const agent::Bytes& certificate) {
  agent::ValidationRequest request;
  request.now = std::chrono::system_clock::now();
  return agent::validate(store, std::span(&certificate, 1), request).good();
}

void measure_validation(const agent::TrustStorePtr& store, const OpensslStore& peer, const TrustMaterial& material,
                        Duration time, Row& row) {
  require(!accepts(*store, material.revoked) && !peer.accepts(material.revoked), "a revoked certificate is accepted");
  std::vector<Contender> contenders;
  contenders.push_back({"agent", {[&] { require(accepts(*store, material.peer), "the agent refuses"); }}, {}});
  contenders.push_back({"openssl", {[&] { require(peer.accepts(material.peer), "OpenSSL refuses"); }}, {}});
  take_turns(contenders, time);
  row.validation = std::move(contenders[0].measurement);
  row.openssl = std::move(contenders[1].measurement);
}

// What is published stays until the end: ext4 looks past every file that was removed within the last minute whenever it
// makes a new one, and what one row removes must not be on the next one's bill.
class Bench {
 public:
  Row measure(std::size_t certificates, Duration time) {
    const TrustMaterial material(certificates);
    Row row{.certificates = certificates, .crls = material.crls()};
    measure_agent(material, time, row);
    Device device;
    device.measure_steps(material, row);
    keep(device);
    return row;
  }

 private:
  void measure_agent(const TrustMaterial& material, Duration time, Row& row) {
    Device device;
    device.apply(material, row);
    std::optional<OpensslStore> peer;
    row.load_ms = milliseconds([&] { peer.emplace(device.published("ca.pem"), device.published("crl.pem")); });
    measure_validation(device.store(), *peer, material, time, row);
    keep(device);
  }
  void keep(const Device& device) {
    std::filesystem::rename(device.directory.file("pki"), kept_.file(std::to_string(++number_)));
  }

  test::TemporaryDirectory kept_;
  int number_ = 0;
};

// Worse than linear: each certificate costs more than it did where there were fewer.
bool grows(const std::vector<Row>& rows, std::size_t index) {
  return index > 0 && rows[index].us_each() > tolerated_growth * rows[index - 1].us_each();
}

std::string remarks(const std::vector<Row>& rows, std::size_t index) {
  std::string text;
  if (grows(rows, index)) text += " worse than linear";
  if (rows[index].apply_ms > apply_goal_ms) text += fmt::format(" apply missed {} ms", apply_goal_ms);
  if (rows[index].validate_us() > validate_goal_us) text += fmt::format(" validation missed {} us", validate_goal_us);
  return text;
}

std::string table(const std::vector<Row>& rows) {
  std::string text =
      fmt::format("{:>12} {:>5} {:>10} {:>9} {:>9} {:>10} {:>11} {:>9} {:>8} {:>16} {:>12} {:>11} {:>11}\n",
                  "certificates", "CRLs", "decode ms", "check ms", "store ms", "commit ms", "publish ms", "apply ms",
                  "us each", "openssl load ms", "validate us", "openssl us", "of openssl");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    text += fmt::format(
        "{:>12} {:>5} {:>10.1f} {:>9.1f} {:>9.1f} {:>10.1f} {:>11.1f} {:>9.1f} {:>8.1f} {:>16.1f} {:>12.1f} {:>11.1f} "
        "{:>11.2f}{}\n",
        row.certificates, row.crls, row.decode_ms, row.check_ms, row.store_ms, row.commit_ms, row.publish_ms,
        row.apply_ms, row.us_each(), row.load_ms, row.validate_us(), row.openssl_us(),
        row.validation.rate_by(row.openssl), remarks(rows, i));
  }
  return text;
}

std::string json(const std::vector<Row>& rows) {
  auto values = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    values.push_back({{"certificates", row.certificates},
                      {"crls", row.crls},
                      {"decode-ms", row.decode_ms},
                      {"check-ms", row.check_ms},
                      {"store-ms", row.store_ms},
                      {"commit-ms", row.commit_ms},
                      {"publish-ms", row.publish_ms},
                      {"apply-ms", row.apply_ms},
                      {"apply-goal-ms", apply_goal_ms},
                      {"us-each", row.us_each()},
                      {"worse-than-linear", grows(rows, i)},
                      {"validate-us", row.validate_us()},
                      {"validate-goal-us", validate_goal_us},
                      {"openssl-load-ms", row.load_ms},
                      {"openssl-us", row.openssl_us()},
                      {"of-openssl", row.validation.rate_by(row.openssl)}});
  }
  return values.dump(2) + "\n";
}

}  // namespace
}  // namespace edgeseal::bench

int main(int argc, char** argv) {
  using namespace edgeseal::bench;
  edgeseal::agent::secret_memory::install();
  std::size_t most = sizes.back();
  return run_benchmark(
      argc, argv,
      {"trust_bench", "A trust list by its length: until it is in force, and for each certificate that it judges.",
       "Time for the validations of each row, with the agent and with OpenSSL"},
      [&](double seconds) {
        Bench bench;
        std::vector<Row> rows;
        for (const std::size_t certificates : sizes)
          if (certificates <= most)
            rows.push_back(bench.measure(certificates,
                                         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds))));
        return Findings{table(rows), json(rows)};
      },
      [&](CLI::App& app) {
        app.add_option("--certificates", most, "The longest list")
            ->check(CLI::Range(10, 10'000))
            ->capture_default_str();
      });
}
