#include "tests/bus/private_bus.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace edgeseal::test {
namespace {

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

PrivateBus::PrivateBus() {
  std::filesystem::permissions(directory(), std::filesystem::perms(0755));  // for callers of other accounts
  std::filesystem::create_directory(services());
  write_configuration();
  setenv("DBUS_SYSTEM_BUS_ADDRESS", start().c_str(), 1);
}

PrivateBus::~PrivateBus() {
  stop();
}

void PrivateBus::stop() {
  if (daemon_ < 0) return;
  kill(daemon_, SIGKILL);
  waitpid(daemon_, nullptr, 0);
  daemon_ = -1;
}

void PrivateBus::write_configuration() const {
  std::ofstream(directory_.file("bus.conf"))
      << R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:dir=)"
      << directory().string() << R"(</listen>
  <servicedir>)"
      << services().string() << R"(</servicedir>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="*"/>
  </policy>
</busconfig>
)";
}

std::string PrivateBus::start() {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 3);
  const std::string log = directory_.file("bus.log");
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT, 0600);
  std::string configuration = "--config-file=" + directory_.file("bus.conf");
  std::string program = "dbus-daemon";
  std::string nofork = "--nofork";
  std::string print = "--print-address=3";
  std::array<char*, 5> arguments{program.data(), nofork.data(), print.data(), configuration.data(), nullptr};
  const int error = posix_spawnp(&daemon_, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe[1]);
  const std::string address = error == 0 ? read_line(pipe[0]) : "";
  close(pipe[0]);
  if (address.empty()) throw std::runtime_error("dbus-daemon does not start");
  return address;
}

}  // namespace edgeseal::test
