#include "dbus/ctl/pin_prompt.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "dbus/ctl/failure.h"

extern char** environ;

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostPinBytes = 128;

[[noreturn]] void fail(const std::string& problem) {
  throw Failure(ExitCode::CommandNotRun, problem, "give the PIN by: edgesealctl bundle submit-pin");
}

// Its standard output is the pipe.
pid_t start(int output) {
  std::array<const char*, 6> arguments{"systemd-ask-password",
                                       "--timeout=600",
                                       "--id=edgeseal:bundle-pin",
                                       "--icon=dialog-password",
                                       "PIN of the provisioning bundle:",
                                       nullptr};
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t child = -1;
  const int problem =
      posix_spawnp(&child, arguments.front(), &actions, nullptr, const_cast<char* const*>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) fail("systemd-ask-password can't be started");
  return child;
}

bool ended_well(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

SecretFile ask_password_agents() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("no pipe can be made");
  const sdbus::UnixFd reader(ends[0], sdbus::adopt_fd);
  sdbus::UnixFd writer(ends[1], sdbus::adopt_fd);
  const pid_t child = start(writer.get());
  writer = sdbus::UnixFd();
  auto pin = SecretFile::read_line(reader.get(), kMostPinBytes);
  if (!ended_well(child) || !pin) fail("nobody gave the PIN");
  return std::move(*pin);
}

}  // namespace edgeseal::ctl
