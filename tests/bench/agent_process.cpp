#include "tests/bench/agent_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "policy/unique_fd.h"

namespace edgeseal::bench {
namespace {

using policy::UniqueFd;

constexpr int start_limit_ms = 120'000;
constexpr rlim_t shipped_descriptors = 8192;  // LimitNOFILE= of edgeseald.service

UniqueFd require(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return UniqueFd(descriptor);
}

// Its path.
std::string write_configuration(const std::filesystem::path& directory, const std::string& tcti,
                                const std::string& settings) {
  std::string file = directory / "edgeseal.toml";
  std::ofstream(file) << fmt::format(
      "[tpm]\ntcti = \"{}\"\n[state]\ndirectory = \"{}\"\n[key-socket]\npath = \"{}\"\n{}", tcti,
      (directory / "state").native(), AgentProcess::key_socket(directory).native(), settings);
  return file;
}

}  // namespace

// The service manager's side of sd_notify(3).
class AgentProcess::ReadySocket {
 public:
  explicit ReadySocket(const std::filesystem::path& path)
      : socket_(require(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path) throw std::length_error(path);
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    std::filesystem::remove(path);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::system_error(errno, std::generic_category(), path);
  }

  // False: the process ended, or the time is over.
  [[nodiscard]] bool wait_for(pid_t process) const {
    const UniqueFd end = require(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)), "pidfd_open");
    std::array<pollfd, 2> watched{pollfd{socket_.get(), POLLIN, 0}, pollfd{end.get(), POLLIN, 0}};
    while (::poll(watched.data(), watched.size(), start_limit_ms) > 0 && watched[0].revents != 0)
      if (receive().starts_with("READY=1")) return true;
    return false;
  }

 private:
  [[nodiscard]] std::string receive() const {
    std::string message(4096, '\0');
    const ssize_t size = ::recv(socket_.get(), message.data(), message.size(), 0);
    message.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return message;
  }

  UniqueFd socket_;
};

AgentProcess::AgentProcess(const std::filesystem::path& directory, const std::string& tcti, const std::string& settings)
    : AgentProcess(directory, tcti, settings, ReadySocket(directory / "ready")) {}

AgentProcess::AgentProcess(const std::filesystem::path& directory, const std::string& tcti, const std::string& settings,
                           const ReadySocket& ready)
    : process_({.command = {EDGESEALD, "--config", write_configuration(directory, tcti, settings)},
                .environment = {{"NOTIFY_SOCKET", directory / "ready"}},
                .log = directory / "agent.log",
                .descriptors = shipped_descriptors}) {
  if (!ready.wait_for(process_.id())) throw std::runtime_error("edgeseald does not start: " + process_.output());
}

}  // namespace edgeseal::bench
