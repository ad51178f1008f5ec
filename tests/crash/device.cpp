#include "tests/crash/device.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/tpm/loaded_handles.h"
#include "tpm/esys_key_device.h"

namespace edgeseal::crash {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool same_files(const fs::path& left, const fs::path& right) {
  for (const fs::directory_entry& entry : fs::directory_iterator(left))
    if (entry.path().extension() == ".permall" && content_of(entry) != content_of(right / entry.path().filename()))
      return false;
  return true;
}

}  // namespace

void copy_tree(const fs::path& from, const fs::path& to) {
  std::array<std::string, 6> words{"cp", "--archive", "--reflink=auto", "--no-target-directory", from, to};
  std::array<char*, 7> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  pid_t process = 0;
  int status = 0;
  if (::posix_spawnp(&process, "cp", nullptr, nullptr, arguments.data(), environ) != 0 ||
      ::waitpid(process, &status, 0) != process || status != 0)
    throw std::runtime_error("cannot copy " + from.native());
}

Device::Device() {
  configure("");
  std::ofstream(openssl_configuration()) << fmt::format(
      "openssl_conf = main\nconfig_diagnostics = 1\n[main]\nproviders = providers\n"
      "[providers]\ndefault = default_provider\nedgeseal = edgeseal_provider\n[default_provider]\nactivate = 1\n"
      "[edgeseal_provider]\nmodule = {}\nsocket = {}\nactivate = 1\n",
      EDGESEAL_PROVIDER_MODULE, key_socket().native());
}

void Device::configure(const std::string& tables) {
  std::ofstream(directory_.path() / "edgeseal.toml")
      << fmt::format("[tpm]\ntcti = \"{}\"\n[state]\ndirectory = \"{}\"\n[key-socket]\npath = \"{}\"\n{}", chip_.tcti(),
                     state().native(), key_socket().native(), tables);
}

bool Device::try_start() {
  agent_.reset();
  agent_.emplace(how());
  return agent_->wait_until_ready();
}

void Device::start() {
  if (!try_start()) throw std::runtime_error("the agent does not start: " + agent_->log());
}

bool Device::start_supervised(Supervisor::Judge judge) {
  agent_.reset();
  AgentRun::Start start = how();
  start.judge = std::move(judge);
  agent_.emplace(start);
  return agent_->wait_until_ready();
}

std::unique_ptr<Device::Snapshot> Device::save() {
  kill_agent();
  chip_.stop();
  auto snapshot = std::make_unique<Snapshot>();
  copy_tree(state(), snapshot->disk());
  copy_tree(chip_state(), snapshot->chip());
  chip_.start();
  return snapshot;
}

// A chip whose memory is as it was goes on running, with the sessions that a killed agent left in it.
void Device::restore(const Snapshot& snapshot) {
  kill_agent();
  restore_disk(snapshot.disk());
  if (same_files(snapshot.chip(), chip_state())) return;
  chip_.stop();
  fs::remove_all(chip_state());
  copy_tree(snapshot.chip(), chip_state());
  chip_.start();
}

void Device::restore_disk(const fs::path& disk) {
  fs::remove_all(state());
  copy_tree(disk, state());
}

void Device::cut_power_of_chip() {
  chip_.stop();
  chip_.start();
}

std::size_t Device::loaded_handles() {
  kill_agent();
  return test::leftovers_in(chip_);
}

tpm::Anchor Device::anchor() {
  kill_agent();
  tpm::DeviceSettings settings;
  settings.tcti = chip_.tcti();
  return tpm::open_esys_key_device(settings)->read_anchor().value_or(tpm::Anchor{});
}

}  // namespace edgeseal::crash
