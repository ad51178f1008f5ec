#include "agent/peer.h"

#include <sys/socket.h>
#include <systemd/sd-login.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace edgeseal::agent {

policy::Caller peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_PEERCRED");
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

std::string peer_unit(int socket) {
  char* unit = nullptr;
  if (sd_peer_get_unit(socket, &unit) < 0) return {};
  const std::unique_ptr<char, decltype(&std::free)> owned(unit, &std::free);
  return unit;
}

}  // namespace edgeseal::agent
