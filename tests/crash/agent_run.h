#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "policy/unique_fd.h"
#include "tests/crash/program_run.h"

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
    Supervisor::Judge judge{};  // see ProgramRun
  };

  explicit AgentRun(const Start& start);

  // Until it serves and has opened the TPM. False: it ended before. Throws TpmReplaced.
  [[nodiscard]] bool wait_until_ready();
  int wait_for_end() { return program_.wait_for_end(); }
  [[nodiscard]] std::string log() const { return program_.log(); }

 private:
  NotifySocket notifications_;
  ProgramRun program_;
};

}  // namespace edgeseal::crash
