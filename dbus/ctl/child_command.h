#pragma once

#include <sys/signalfd.h>
#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "dbus/compat.h"

namespace edgeseal::ctl {

// A program in the place of this one: signals that are sent to this process reach it, and this process ends as it does.
// Those of the terminal reach both by themselves. It is told to end (SIGTERM) where this process dies before it.
class ChildCommand {
 public:
  // The first word is found in PATH. Throws Failure, with the exit code 126 or 127 as env(1) has them, where it can't
  // be run.
  explicit ChildCommand(const std::vector<std::string>& words);
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;
  ~ChildCommand();  // the signals are as before

  [[nodiscard]] int signals() const { return signals_.get(); }  // readable: there is something for handle_signals()
  void handle_signals();
  [[nodiscard]] bool ended() const { return status_.has_value(); }
  // The exit status of a program that ended by itself. Where a signal ended it, one ends this process, too.
  [[nodiscard]] int exit_status() const;

 private:
  void start(const std::vector<char*>& arguments);
  void handle(const signalfd_siginfo& signal);

  sigset_t before_{};
  sdbus::UnixFd signals_;
  pid_t process_ = -1;
  std::optional<int> status_;  // as waitpid(2) gives it
};

}  // namespace edgeseal::ctl
