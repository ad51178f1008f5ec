#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/agent_process.h"
#include "tests/bus/private_bus.h"
#include "tests/tpm/swtpm.h"

namespace edgeseal::bench {

// A device as it is in the field: a chip, a bus, the agent, applications with keys and certificates.
class Gateway {
 public:
  Gateway();

  [[nodiscard]] const test::Swtpm& chip() const { return chip_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  // With `tcti` for its chip; an agent that runs is ended first.
  void start_agent(const std::string& tcti);
  [[nodiscard]] const AgentProcess& agent() const { return *agent_; }

  // An application with one such key ("ec-p256", "rsa-2048,sealed"), certified and in use, for those whom `access`
  // names: over D-Bus, as an administrator does it.
  void certify(const std::string& application, const std::string& key, const std::vector<std::string>& access = {});
  // As programs open its key.
  [[nodiscard]] static std::string key_uri(const std::string& application) { return "edgeseal:" + application; }
  // The openssl.cnf of programs on this device.
  [[nodiscard]] std::filesystem::path openssl_configuration() const { return directory_.path() / "openssl.cnf"; }

 private:
  test::TemporaryDirectory directory_;
  test::Swtpm chip_;
  test::PrivateBus bus_;
  std::optional<AgentProcess> agent_;
};

}  // namespace edgeseal::bench
