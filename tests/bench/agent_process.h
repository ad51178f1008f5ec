#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace edgeseal::bench {

// edgeseald as it is shipped, with a configuration file, a state and a key socket in `directory`. Uses the system bus
// of the environment. Ends with the object, and with this program however that ends.
class AgentProcess {
 public:
  // Waits until the agent has its bus name and listens. Throws std::runtime_error with its log if it does not start.
  AgentProcess(const std::filesystem::path& directory, const std::string& tcti);
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;
  ~AgentProcess();

  [[nodiscard]] static std::filesystem::path key_socket(const std::filesystem::path& directory) {
    return directory / "keys.sock";
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace edgeseal::bench
