#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/bus/private_bus.h"
#include "tests/crash/agent_run.h"
#include "tests/tpm/swtpm.h"
#include "tpm/anchor.h"

namespace edgeseal::crash {

// A gateway: a chip, a bus, a state directory, and at times an agent. One for each process: the bus is in its
// environment.
class Device {
 public:
  // What is on the disk and in the chip while no agent runs.
  class Snapshot {
   public:
    [[nodiscard]] std::filesystem::path disk() const { return directory_.path() / "disk"; }
    [[nodiscard]] std::filesystem::path chip() const { return directory_.path() / "chip"; }

   private:
    test::TemporaryDirectory directory_;
  };

  Device();

  // Of edgeseal.toml: its tables besides those that say where everything is. For the next start.
  void configure(const std::string& tables);
  void start();  // throws where the agent does not come up
  // Whether it came up; so says start_supervised().
  [[nodiscard]] bool try_start();
  [[nodiscard]] bool start_supervised(Supervisor::Judge judge);
  [[nodiscard]] bool has_agent() const { return agent_.has_value(); }
  [[nodiscard]] AgentRun& agent() { return *agent_; }
  void kill_agent() { agent_.reset(); }

  // Kills the agent.
  [[nodiscard]] std::unique_ptr<Snapshot> save();
  void restore(const Snapshot& snapshot);
  void restore_disk(const std::filesystem::path& disk);
  void cut_power_of_chip();
  // What the chip remembers of the device. Kills the agent: one program at a time has the chip.
  [[nodiscard]] tpm::Anchor anchor();
  // Objects and sessions that an agent has left loaded. Kills it, too.
  [[nodiscard]] std::size_t loaded_handles();

  [[nodiscard]] std::filesystem::path state() const { return directory_.path() / "state"; }
  [[nodiscard]] std::filesystem::path database() const { return state() / "state/state.db"; }
  [[nodiscard]] std::filesystem::path published() const { return state() / "pki"; }
  [[nodiscard]] std::filesystem::path openssl_configuration() const { return directory_.path() / "openssl.cnf"; }

  [[nodiscard]] std::filesystem::path key_socket() const { return directory_.path() / "keys.sock"; }
  [[nodiscard]] Places places() const { return {state(), chip_.directory().path(), bus_.directory(), key_socket()}; }

 private:
  [[nodiscard]] AgentRun::Start how() const { return {directory_.path(), places(), {}}; }
  [[nodiscard]] std::filesystem::path chip_state() const { return chip_.directory().path() / "state"; }

  test::TemporaryDirectory directory_;
  test::Swtpm chip_;
  test::PrivateBus bus_;
  std::optional<AgentRun> agent_;
};

// With modes, owners, ACLs and links; `to` is not there yet.
void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace edgeseal::crash
