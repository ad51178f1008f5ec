// Kills the agent before every system call by which it writes, and starts it again.
//
// What runs is what is shipped: edgeseald, a TPM (swtpm), a bus (dbus-daemon), programs with the provider. The kernel
// stops each writing call of edgeseald at its entry (seccomp, user notification; writing_calls.cpp has the list), and a
// supervisor lets it pass, lets it fail, or kills the process. A point of an operation is one such call that touches
// files of the state, the TPM or the bus between the request of the caller and the answer to the next one; points are
// tried one after the other until the operation ends undisturbed, each from a copy of the same state and the same TPM.
//
// --fault kill: SIGKILL before the call. After a restart everything is as before the operation, or as after it: what
// D-Bus says, the published files, what the key socket shows, and what the keys sign. As after it where the caller had
// been told so. Nothing is left over, and the next change is taken.
//
// --fault terminate: SIGTERM at the call, which is made: the agent ends by itself, with success, and the rest is the
// same.
//
// --fault power: As killed, and what was not synced before the call is lost; with the names that were synced, and with
// all names (platter.h says what that shows and what not).
//
// --fault full: From the call on the disk is full (ENOSPC), until the caller has his answer: ResourceUnavailable, and
// all is as before, or success. The agent goes on and takes changes when there is space.
//
// --fault sync: One fsync fails (EIO). The same.
//
// --fault damage: No call is stopped. Bytes of the database, or of its log, are changed, or its end is cut off, while
// no agent runs. The next one serves what was there, what was there a commit earlier, or for a trust list the one
// before it; or it says which part it can't serve; or it refuses to start, and names the path and the remedy.
//
// --theme runner: What is killed is not the agent but edgeseal-enroll, before each call by which it writes to the bus,
// the network or the key socket while it enrols at the EST server of the tests. The next one comes to the end, with the
// same request.
//
// Several processes share the points, each with a device of its own. --every N takes every N-th point of each
// operation.

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/crash/damage.h"
#include "tests/crash/runner_sweep.h"
#include "tests/crash/sweep.h"

namespace {

using namespace edgeseal::crash;
using Json = nlohmann::ordered_json;

struct Options {
  std::string fault = "kill";
  std::string theme = "changes";
  std::string operation;  // empty: all of the theme
  std::size_t point = 0;  // 0: all
  std::size_t every = 1, processes = 2, at_least = 1;
  std::uint32_t seed = 20251122;
};

Findings sweep(Sweep& sweep, const std::string& fault, const Share& share) {
  if (fault == "kill") return sweep.kills(share);
  if (fault == "terminate") return sweep.terminations(share);
  if (fault == "power") return sweep.power_cuts(share);
  if (fault == "full") return sweep.full_disks(share);
  return sweep.sync_errors(share);
}

const std::vector<Operation>& operations_of(const std::string& theme) {
  if (theme == "setup") return setup_operations();
  return theme == "enrolment" ? enrolment_operations() : operations();
}

Json counts_of(const Findings& findings) {
  return {{"points", findings.points},
          {"kept", findings.kept},
          {"changed", findings.changed},
          {"problems", findings.problems.size()}};
}

using Snapshot = std::unique_ptr<Device::Snapshot>;
struct Beginnings {
  Snapshot factory, furnished;
};

Json interrupt(const Options& options, const Share& share, Device& device, const Plant& plant,
               const Beginnings& beginnings) {
  Json results = Json::object();
  for (const Operation& operation : operations_of(options.theme)) {
    if (!options.operation.empty() && operation.name != options.operation) continue;
    const bool is_new = operation.begin == Operation::Begin::factory;
    try {
      Sweep each(device, plant, is_new ? *beginnings.factory : *beginnings.furnished, operation);
      results[operation.name] = counts_of(sweep(each, options.fault, share));
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}, undisturbed: {}\n{}", operation.name, error.what(),
                                           device.has_agent() ? device.agent().log() : std::string()));
    }
  }
  return results;
}

Json run_jobs(const Share& share, Device& device, const Plant& plant, const Device::Snapshot& furnished) {
  RunnerSweep sweep(device, plant, furnished);
  return {{"edgeseal-enroll", counts_of(sweep.kills(share))}};
}

Json damage(const Options& options, const Share& share, Device& device, const Plant& plant,
            const Device::Snapshot& furnished) {
  DamageSweep sweep(device, plant, furnished, options.seed);
  Json results = Json::object();
  results["state.db"] = counts_of(sweep.database(share));
  results["state.db-wal"] = counts_of(sweep.log(share));
  return results;
}

Snapshot made(Device& device, const Plant& plant, void (*make)(Client&)) {
  device.start();
  {
    Client client(plant);
    client.wait_until_ready();
    make(client);
  }
  return device.save();
}

// One process of several.
Json work(const Options& options, const Share& share) {
  Device device;
  const Plant plant;
  Beginnings beginnings;
  beginnings.factory = made(device, plant, make_applications);
  beginnings.furnished = made(device, plant, furnish);
  if (options.theme == "runner") return run_jobs(share, device, plant, *beginnings.furnished);
  return options.fault == "damage" ? damage(options, share, device, plant, *beginnings.furnished)
                                   : interrupt(options, share, device, plant, beginnings);
}

[[noreturn]] void become_worker(const Options& options, const Share& share, const std::string& file) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    std::ofstream(file) << work(options, share);
    std::_Exit(EXIT_SUCCESS);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    std::_Exit(EXIT_FAILURE);
  }
}

Share share_of(const Options& options, std::size_t process) {
  if (options.point != 0) return {options.point + process, options.processes, options.point};
  return {process * options.every + 1, options.processes * options.every};
}

// The sum of what all found.
Json run(const Options& options) {
  const edgeseal::test::TemporaryDirectory directory;
  std::vector<pid_t> workers;
  for (std::size_t i = 0; i < options.processes; ++i) {
    workers.push_back(::fork());
    if (workers.back() == 0) become_worker(options, share_of(options, i), directory.file(std::to_string(i)));
  }
  Json sum = Json::object();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    int status = 0;
    if (::waitpid(workers[i], &status, 0) != workers[i] || status != 0)
      throw std::runtime_error("a process did not come to its end");
    std::ifstream file(directory.file(std::to_string(i)));
    const Json part = Json::parse(file);
    for (const auto& [operation, counts] : part.items())
      for (const auto& [name, count] : counts.items()) {
        Json& total = sum[operation][name];
        total = (total.is_null() ? 0 : total.get<int>()) + count.get<int>();
      }
  }
  return sum;
}

// Whether all was well.
bool report(const Options& options, const Json& results) {
  std::size_t points = 0, problems = 0;
  fmt::print("{:30} {:>7} {:>10} {:>10} {:>9}\n", options.fault, "points", "as before", "as after", "problems");
  for (const auto& [operation, counts] : results.items()) {
    fmt::print("{:30} {:>7} {:>10} {:>10} {:>9}\n", operation, counts["points"].get<int>(), counts["kept"].get<int>(),
               counts["changed"].get<int>(), counts["problems"].get<int>());
    points += counts["points"].get<std::size_t>();
    problems += counts["problems"].get<std::size_t>();
  }
  fmt::print("{:30} {:>7} {:>31}\n", "in all", points, problems);
  if (points < options.at_least) fmt::print("fewer than {} points\n", options.at_least);
  return problems == 0 && points >= options.at_least;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Interrupts edgeseald at every system call that writes.");
  app.add_option("--fault", options.fault)
      ->check(CLI::IsMember({"kill", "terminate", "power", "full", "sync", "damage"}));
  app.add_option("--theme", options.theme)->check(CLI::IsMember({"changes", "setup", "enrolment", "runner"}));
  app.add_option("--operation", options.operation, "Only this one");
  app.add_option("--point", options.point, "Only this one");
  app.add_option("--seed", options.seed, "Of the damage")->capture_default_str();
  app.add_option("--every", options.every, "Every N-th point")->check(CLI::Range(1, 1000));
  app.add_option("--processes", options.processes)->check(CLI::Range(1, 64));
  app.add_option("--at-least", options.at_least, "Fail with fewer points");
  CLI11_PARSE(app, argc, argv);
  ::setenv("TSS2_LOG", "all+NONE", 0);
  try {
    return report(options, run(options)) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
