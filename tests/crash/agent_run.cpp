#include "tests/crash/agent_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace edgeseal::crash {
namespace {

constexpr int listener_number = 200;  // of the filter's listener in the new process
constexpr int time_limit_ms = 60'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Command {
  std::vector<std::string> arguments;
  std::string log, notifications;
  bool supervised;
};

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

[[noreturn]] void become(const Command& command, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setenv("NOTIFY_SOCKET", command.notifications.c_str(), 1);
  const int output = ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (command.supervised) install_filter();
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

NotifySocket::NotifySocket(const std::filesystem::path& path)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) throw std::length_error(path);
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  std::filesystem::remove(path);
  if (!socket_ || ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(path);
}

std::string NotifySocket::receive() const {
  std::string message(4096, '\0');
  const ssize_t size = ::recv(socket_.get(), message.data(), message.size(), 0);
  message.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return message;
}

AgentRun::AgentRun(const Start& start)
    : log_(start.directory / "agent.log"), notifications_(start.directory / "notify") {
  std::filesystem::remove(log_);
  launch(start);
}

void AgentRun::launch(const Start& start) {
  Command command{{EDGESEALD, "--config", start.directory / "edgeseal.toml"},
                  log_,
                  start.directory / "notify",
                  static_cast<bool>(start.judge)};
  std::vector<char*> arguments;
  for (std::string& argument : command.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  process_ = ::fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) become(command, arguments.data());
  end_ = descriptor_of(process_);
  if (start.judge) supervisor_.emplace(process_, take_listener(process_, end_.get()), start.places, start.judge);
}

AgentRun::~AgentRun() {
  kill();
}

bool AgentRun::wait_until_ready() {
  bool serves = false, has_tpm = false;
  std::array<pollfd, 2> watched{pollfd{notifications_.descriptor(), POLLIN, 0}, pollfd{end_.get(), POLLIN, 0}};
  while (!serves || !has_tpm) {
    if (::poll(watched.data(), watched.size(), time_limit_ms) <= 0)
      throw std::runtime_error("the agent does not become ready: " + log());
    if (watched[0].revents == 0) return false;
    const std::string message = notifications_.receive();
    if (message.find("STATUS=TPM replaced") != std::string::npos) throw TpmReplaced(message);
    serves = serves || message.find("READY=1") != std::string::npos;
    if (message.find("STATUS=TPM ") != std::string::npos) has_tpm = message.find("TPM ready") != std::string::npos;
  }
  return true;
}

void AgentRun::kill() {
  if (status_) return;
  ::kill(process_, SIGKILL);
  (void)wait_for_end();
}

int AgentRun::wait_for_end() {
  if (status_) return *status_;
  pollfd ended{end_.get(), POLLIN, 0};
  if (::poll(&ended, 1, time_limit_ms) <= 0) ::kill(process_, SIGKILL);
  supervisor_.reset();
  int status = 0;
  ::waitpid(process_, &status, 0);
  status_ = status;
  return status;
}

std::string AgentRun::log() const {
  std::ifstream file(log_);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace edgeseal::crash
