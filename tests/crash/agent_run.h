#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "policy/unique_fd.h"
#include "tests/crash/supervisor.h"

namespace edgeseal::crash {

// The service manager's side of sd_notify(3).
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path);
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] std::string receive() const;

 private:
  policy::UniqueFd socket_;
};

// The agent serves, and says that its TPM is not the one that it knows.
struct TpmReplaced : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// edgeseald as it is shipped, from its start to its end. It does not outlive the object.
class AgentRun {
 public:
  struct Start {
    std::filesystem::path directory;  // of edgeseal.toml, the log and the notification socket
    Places places{};
    Supervisor::Judge judge{};  // where there is one, every writing call from the first on is put to it
  };

  explicit AgentRun(const Start& start);
  AgentRun(const AgentRun&) = delete;
  AgentRun& operator=(const AgentRun&) = delete;
  ~AgentRun();

  // Until it serves and has opened the TPM. False: it ended before. Throws TpmReplaced.
  [[nodiscard]] bool wait_until_ready();
  void kill();
  // Kills it where it does not end by itself within the time of a call. As waitpid(2) gives it.
  int wait_for_end();
  [[nodiscard]] std::string log() const;

 private:
  void launch(const Start& start);

  std::filesystem::path log_;
  NotifySocket notifications_;
  pid_t process_ = -1;
  policy::UniqueFd end_;
  std::optional<Supervisor> supervisor_;
  std::optional<int> status_;
};

}  // namespace edgeseal::crash
