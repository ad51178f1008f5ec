#include "tests/busy/gateway.h"

#include <openssl/evp.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>

#include "tests/bus/bus_client.h"

namespace edgeseal::test {
namespace {

namespace fs = std::filesystem;

// Keys that are made ahead would be written at a time of their own.
constexpr const char* kNoSpareKeys = "[keys]\nspare-rsa-keys = 0\n";

std::string facts_of(const fs::directory_entry& entry) {
  std::string facts =
      entry.path().native() + " " + std::to_string(static_cast<unsigned>(entry.symlink_status().permissions()));
  if (entry.is_symlink()) return facts + " " + fs::read_symlink(entry.path()).native();
  if (!entry.is_regular_file()) return facts;
  std::ifstream file(entry.path(), std::ios::binary);
  return facts.append(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Gateway::Gateway() : connection(sdbus::createSystemBusConnection()) {
  busy.emplace(*connection);
  start_agent();
}

void Gateway::start_agent() {
  agent_.emplace(directory.path(), tpm.tcti(), kNoSpareKeys);
  dbus::RemoteAgent agent(*connection, dbus::kRootPath);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (agent.TpmHealth() != "ready") {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the agent does not open its TPM");
  }
}

void Gateway::kill_agent() {
  ::kill(agent_->id(), SIGKILL);
  agent_.reset();
}

void Gateway::make_application(const std::string& name) {
  dbus::RemoteAgent agent(*connection, dbus::kRootPath);
  agent.CreateApplication(name, {});
  dbus::RemoteGroup group(*connection, dbus::group_path({name, "https"}));
  group.CreateSelfSignedCertificate("https", {});
  group.ApplyChanges({});
  group.CertifyKey("https", {1}, {});
}

std::string Gateway::hash_of_state() const {
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path() / "state")) all.insert(facts_of(entry));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto& facts : all) EVP_DigestUpdate(context.get(), facts.c_str(), facts.size() + 1);
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return digest;
}

void Gateway::see_signals() {
  (void)busy->Busy();
  while (dbus::compat::process_one(*connection)) continue;
}

}  // namespace edgeseal::test
