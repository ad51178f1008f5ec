#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "policy/unique_fd.h"
#include "tests/crash/supervisor.h"

namespace edgeseal::crash {

// A program as it is shipped, from its start to its end. It does not outlive the object.
class ProgramRun {
 public:
  struct Start {
    std::vector<std::string> command;       // with its path
    std::filesystem::path log;              // of what it prints; begun anew
    std::filesystem::path notifications{};  // socket of sd_notify(3); empty: nobody listens
    Places places{};
    Supervisor::Judge judge{};  // where there is one, every writing call from the first on is put to it
  };

  explicit ProgramRun(const Start& start);
  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;
  ~ProgramRun();

  void kill();
  // Kills it where it does not end by itself within the time of a call. As waitpid(2) gives it.
  int wait_for_end();
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] int end_descriptor() const { return end_.get(); }  // pidfd: readable at its end
  [[nodiscard]] std::string log() const;

  static constexpr int kTimeLimit = 60'000;  // ms, of whatever is waited for

 private:
  void launch(const Start& start);

  std::filesystem::path log_;
  pid_t process_ = -1;
  policy::UniqueFd end_;
  std::optional<Supervisor> supervisor_;
  std::optional<int> status_;
};

}  // namespace edgeseal::crash
