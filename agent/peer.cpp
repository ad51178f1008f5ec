#include "agent/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <systemd/sd-login.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

#include "policy/unique_fd.h"

namespace edgeseal::agent {

namespace {

constexpr int so_peerpidfd = 77;  // SO_PEERPIDFD of Linux 6.5, not yet in the headers

ucred credentials_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_PEERCRED");
  return credentials;
}

bool lives(int pidfd) {
  pollfd entry{pidfd, POLLIN, 0};  // readable once the process has ended
  return ::poll(&entry, 1, 0) == 0;
}

// Of what has this number now: another account's process cannot pass for the one that connected. By lines, for the
// first one has the name that the process gave itself, in which the kernel leaves no end of a line.
std::optional<uid_t> effective_uid(pid_t pid) {
  constexpr std::string_view label = "Uid:";
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(label)) continue;
    std::istringstream numbers(line.substr(label.size()));
    uid_t real = 0, effective = 0;
    if (numbers >> real >> effective) return effective;
  }
  return std::nullopt;
}

std::string unit_now(pid_t pid) {
  char* unit = nullptr;
  if (sd_pid_get_unit(pid, &unit) < 0) return {};
  const std::unique_ptr<char, decltype(&std::free)> owned(unit, &std::free);
  return unit;
}

}  // namespace

policy::Caller peer_of(int socket) {
  const ucred credentials = credentials_of(socket);
  policy::Caller caller;
  caller.uid = credentials.uid;
  caller.groups.push_back(credentials.gid);

  socklen_t bytes = 0;  // the first call tells the size
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &bytes) == 0 || errno != ERANGE) return caller;
  std::vector<gid_t> supplementary(bytes / sizeof(gid_t));
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, supplementary.data(), &bytes) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_PEERGROUPS");
  caller.groups.insert(caller.groups.end(), supplementary.begin(), supplementary.end());
  return caller;
}

bool peer_lives(int socket) {
  int pidfd = -1;
  socklen_t size = sizeof(pidfd);
  if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &pidfd, &size) == 0) return lives(policy::UniqueFd(pidfd).get());
  if (errno != ENOPROTOOPT) return false;  // before 6.16 there is none of a process that has ended
  const auto credentials = credentials_of(socket);
  return effective_uid(credentials.pid) == credentials.uid;
}

std::string peer_unit(int socket) {
  std::string unit = unit_now(credentials_of(socket).pid);
  return peer_lives(socket) ? unit : "";
}

std::string unit_of(pid_t pid, uid_t uid) {
  if (pid <= 0) return {};  // it stands for oneself
  std::string unit = unit_now(pid);
  return effective_uid(pid) == uid ? unit : "";
}

}  // namespace edgeseal::agent
