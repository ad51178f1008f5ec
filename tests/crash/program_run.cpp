#include "tests/crash/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <system_error>

namespace edgeseal::crash {
namespace {

constexpr int listener_number = 200;  // of the filter's listener in the new process

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// In the child. Then it stops, until the parent has taken the listener.
void install_filter() {
  const std::vector<sock_filter>& filter = writing_calls_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (listener < 0 || ::fcntl(static_cast<int>(listener), F_DUPFD_CLOEXEC, listener_number) != listener_number)
    ::_exit(126);
  ::close(static_cast<int>(listener));
  ::raise(SIGSTOP);
}

[[noreturn]] void become(const ProgramRun::Start& start, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!start.notifications.empty()) ::setenv("NOTIFY_SOCKET", start.notifications.c_str(), 1);
  const int output = ::open(start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (start.judge) install_filter();
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

policy::UniqueFd descriptor_of(pid_t process) {
  policy::UniqueFd descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!descriptor) fail("pidfd_open");
  return descriptor;
}

// Of a child that stopped itself for it.
policy::UniqueFd take_listener(pid_t process, int process_descriptor) {
  int status = 0;
  if (::waitpid(process, &status, WUNTRACED) != process || !WIFSTOPPED(status))
    throw std::runtime_error("the kernel takes no seccomp filter with a listener");
  policy::UniqueFd listener = copy_of_descriptor(process_descriptor, listener_number);
  if (!listener) fail("pidfd_getfd");
  ::kill(process, SIGCONT);
  return listener;
}

}  // namespace

ProgramRun::ProgramRun(const Start& start) : log_(start.log) {
  std::filesystem::remove(log_);
  launch(start);
}

void ProgramRun::launch(const Start& start) {
  std::vector<std::string> command = start.command;
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  process_ = ::fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) become(start, arguments.data());
  end_ = descriptor_of(process_);
  if (start.judge) supervisor_.emplace(process_, take_listener(process_, end_.get()), start.places, start.judge);
}

ProgramRun::~ProgramRun() {
  kill();
}

void ProgramRun::kill() {
  if (status_) return;
  ::kill(process_, SIGKILL);
  (void)wait_for_end();
}

int ProgramRun::wait_for_end() {
  if (status_) return *status_;
  pollfd ended{end_.get(), POLLIN, 0};
  if (::poll(&ended, 1, kTimeLimit) <= 0) ::kill(process_, SIGKILL);
  supervisor_.reset();
  int status = 0;
  ::waitpid(process_, &status, 0);
  status_ = status;
  return status;
}

bool ProgramRun::has_ended() const {
  pollfd ended{end_.get(), POLLIN, 0};
  return status_ || ::poll(&ended, 1, 0) > 0;
}

std::string ProgramRun::log() const {
  std::ifstream file(log_);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace edgeseal::crash
