#include "dbus/ctl/child_command.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "dbus/ctl/failure.h"

namespace edgeseal::ctl {
namespace {

constexpr std::array kPassedOn{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

[[noreturn]] void fail(const char* what) {
  throw Failure(ExitCode::Usage, std::string(what) + ": " + std::strerror(errno));
}

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  for (const int signal : kPassedOn) sigaddset(&signals, signal);
  return signals;
}

struct Pipe {
  sdbus::UnixFd reader, writer;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return {sdbus::UnixFd(ends[0], sdbus::adopt_fd), sdbus::UnixFd(ends[1], sdbus::adopt_fd)};
}

// In the child; what keeps it from becoming the program goes to `failure`.
[[noreturn]] void become(const std::vector<char*>& arguments, const sigset_t& signals, pid_t parent, int failure) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);  // it died before the call
  sigprocmask(SIG_SETMASK, &signals, nullptr);
  execvp(arguments.front(), arguments.data());
  const int error = errno;
  if (write(failure, &error, sizeof error) < 0) _exit(1);
  _exit(1);
}

// 0: there was none.
int received_error(int failure) {
  int error = 0;
  ssize_t size = 0;
  do size = read(failure, &error, sizeof error);
  while (size < 0 && errno == EINTR);
  return size == sizeof error ? error : 0;
}

[[noreturn]] void end_by(int signal) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  std::raise(signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  _exit(128 + signal);
}

}  // namespace

ChildCommand::ChildCommand(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, it would not come
  const sigset_t watched = watched_signals();
  sigprocmask(SIG_BLOCK, &watched, &before_);
  signals_ = sdbus::UnixFd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK), sdbus::adopt_fd);
  if (!signals_.isValid()) fail("signalfd");
  start(arguments);
}

ChildCommand::~ChildCommand() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void ChildCommand::start(const std::vector<char*>& arguments) {
  Pipe failure = open_pipe();
  const pid_t own = getpid();
  process_ = fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) become(arguments, before_, own, failure.writer.get());
  failure.writer.reset();
  const int error = received_error(failure.reader.get());
  if (error == 0) return;
  waitpid(process_, nullptr, 0);
  throw Failure(error == ENOENT ? ExitCode::CommandNotFound : ExitCode::CommandNotRun,
                std::string("cannot run ") + arguments.front() + ": " + std::strerror(error));
}

void ChildCommand::handle_signals() {
  signalfd_siginfo signal{};
  while (read(signals_.get(), &signal, sizeof signal) == sizeof signal) handle(signal);
}

void ChildCommand::handle(const signalfd_siginfo& signal) {
  int status = 0;
  if (signal.ssi_signo != SIGCHLD) {
    const bool of_terminal = signal.ssi_code == SI_KERNEL;
    if (!of_terminal && !ended()) kill(process_, static_cast<int>(signal.ssi_signo));
  } else if (!ended() && waitpid(process_, &status, WNOHANG) == process_) {
    status_ = status;
  }
}

int ChildCommand::exit_status() const {
  const int status = status_.value();
  if (WIFSIGNALED(status)) end_by(WTERMSIG(status));
  return WEXITSTATUS(status);
}

}  // namespace edgeseal::ctl
