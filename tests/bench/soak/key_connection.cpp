#include "tests/bench/soak/key_connection.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>

namespace edgeseal::bench {
namespace {

// A process has one thread and looks at one record at a time.
std::array<std::byte, wire::max_message_size> buffer;
std::size_t received = 0;

}  // namespace

bool KeyConnection::connect() {
  policy::UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  fd_ = std::move(fd);
  return true;
}

void KeyConnection::shut(int how) const {
  ::shutdown(fd_.get(), how);
}

bool KeyConnection::send(wire::ByteView record) const {
  return ::send(fd_.get(), record.data(), record.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(record.size());
}

KeyConnection::Event KeyConnection::receive() {
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Event::nothing;
  if (size <= 0) return Event::end;
  received = static_cast<std::size_t>(size);
  return Event::record;
}

wire::ByteView KeyConnection::record() {
  return wire::ByteView(buffer).first(received);
}

}  // namespace edgeseal::bench
