#pragma once

#include <filesystem>
#include <string>

#include "tests/bench/child_process.h"

namespace edgeseal::bench {

// edgeseald as it is shipped, with a configuration file, a state and a key socket in `directory`. Uses the system bus
// of the environment. Ends with the object, and with this program however that ends.
class AgentProcess {
 public:
  // Waits until the agent has its bus name and listens. Throws std::runtime_error with its log if it does not start.
  // `settings`: more of edgeseal.toml(5).
  AgentProcess(const std::filesystem::path& directory, const std::string& tcti, const std::string& settings = "");

  [[nodiscard]] pid_t id() const { return process_.id(); }
  [[nodiscard]] static std::filesystem::path key_socket(const std::filesystem::path& directory) {
    return directory / "keys.sock";
  }
  // What programs are told to use of an application's key: the certificate and the key reference.
  [[nodiscard]] static std::filesystem::path published(const std::filesystem::path& directory,
                                                       const std::string& application) {
    return directory / "state/pki" / application / "https";
  }

 private:
  class ReadySocket;
  AgentProcess(const std::filesystem::path& directory, const std::string& tcti, const std::string& settings,
               const ReadySocket& ready);

  ChildProcess process_;
};

}  // namespace edgeseal::bench
