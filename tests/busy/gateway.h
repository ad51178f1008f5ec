#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "dbus/client.h"
#include "dbus/compat.h"
#include "tests/bench/agent_process.h"
#include "tests/bus/heard_busy.h"
#include "tests/bus/private_bus.h"
#include "tests/tpm/swtpm.h"

namespace edgeseal::test {

// edgeseald as it is shipped, on a private bus, with a simulated TPM. One for each process: the bus is in its
// environment.
class Gateway {
 public:
  using Options = std::map<std::string, sdbus::Variant>;

  Gateway();

  void end_agent() { agent_.reset(); }
  void kill_agent();
  void start_agent();  // returns when the TPM is open, too
  [[nodiscard]] pid_t agent() const { return agent_->id(); }

  // An application with a key and a certificate, and an attestation key: nothing is made for the first time later.
  void make_application(const std::string& name);
  // SHA-256 over all that the agent has written, but the audit log: rows of the database; names, modes and contents of
  // the other files.
  [[nodiscard]] std::string hash_of_state() const;
  // Signals that were sent before this are seen after it.
  void see_signals();

  [[nodiscard]] sdbus::UnixFd inhibit(const std::string& who = "plc") { return busy->Inhibit(who, "a batch runs", {}); }

  PrivateBus bus;
  Swtpm tpm;
  TemporaryDirectory directory;
  std::unique_ptr<sdbus::IConnection> connection;
  std::optional<HeardBusy> busy;

 private:
  std::optional<bench::AgentProcess> agent_;
};

}  // namespace edgeseal::test
