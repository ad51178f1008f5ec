#include "dbus/ctl/piped_program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "dbus/ctl/failure.h"

extern char** environ;

namespace edgeseal::ctl {

PipedProgram::PipedProgram(const std::vector<std::string>& words, const std::string& remedy) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Failure(ExitCode::CommandNotRun, "no pipe can be made", remedy);
  output_ = sdbus::UnixFd(ends[0], sdbus::adopt_fd);
  const sdbus::UnixFd writer(ends[1], sdbus::adopt_fd);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  const int problem = posix_spawnp(&process_, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw Failure(ExitCode::CommandNotRun, words.front() + " can't be started", remedy);
}

bool PipedProgram::ended_well() const {
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace edgeseal::ctl
