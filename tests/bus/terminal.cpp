#include "tests/bus/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace edgeseal::test {
namespace {

constexpr int kTimeLimitMs = 120'000;

// Reads until the program has left the terminal, or `text` was seen.
void read_until(int terminal, std::string& seen, const std::string& text) {
  std::array<char, 1024> part{};
  while (text.empty() || seen.find(text) == std::string::npos) {
    pollfd waited{terminal, POLLIN, 0};
    if (poll(&waited, 1, kTimeLimitMs) <= 0) return;
    const ssize_t size = read(terminal, part.data(), part.size());
    if (size <= 0) return;  // EIO: nobody is left
    seen.append(part.data(), static_cast<size_t>(size));
  }
}

}  // namespace

ProgramResult run_on_terminal(const std::vector<std::string>& command, const std::string& prompt,
                              const std::string& answer) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid < 0) throw std::runtime_error("forkpty");
  if (pid == 0) {
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  ProgramResult result;
  read_until(terminal, result.out, prompt);
  const std::string line = answer + "\n";
  if (write(terminal, line.data(), line.size()) < 0) kill(pid, SIGKILL);
  read_until(terminal, result.out, "");
  int status = 0;
  waitpid(pid, &status, 0);
  close(terminal);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace edgeseal::test
