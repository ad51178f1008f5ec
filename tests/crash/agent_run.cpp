#include "tests/crash/agent_run.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <system_error>

namespace edgeseal::crash {

NotifySocket::NotifySocket(const std::filesystem::path& path)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) throw std::length_error(path);
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  std::filesystem::remove(path);
  if (!socket_ || ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), path);
}

std::string NotifySocket::receive() const {
  std::string message(4096, '\0');
  const ssize_t size = ::recv(socket_.get(), message.data(), message.size(), 0);
  message.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return message;
}

AgentRun::AgentRun(const Start& start)
    : notifications_(start.directory / "notify"),
      program_({.command = {EDGESEALD, "--config", start.directory / "edgeseal.toml"},
                .log = start.directory / "agent.log",
                .notifications = start.directory / "notify",
                .places = start.places,
                .judge = start.judge}) {}

bool AgentRun::wait_until_ready() {
  bool serves = false, has_tpm = false;
  std::array<pollfd, 2> watched{pollfd{notifications_.descriptor(), POLLIN, 0},
                                pollfd{program_.end_descriptor(), POLLIN, 0}};
  while (!serves || !has_tpm) {
    if (::poll(watched.data(), watched.size(), ProgramRun::kTimeLimit) <= 0)
      throw std::runtime_error("the agent does not become ready: " + log());
    if (watched[0].revents == 0) return false;
    const std::string message = notifications_.receive();
    if (message.find("STATUS=TPM replaced") != std::string::npos) throw TpmReplaced(message);
    serves = serves || message.find("READY=1") != std::string::npos;
    if (message.find("STATUS=TPM ") != std::string::npos) has_tpm = message.find("TPM ready") != std::string::npos;
  }
  return true;
}

}  // namespace edgeseal::crash
