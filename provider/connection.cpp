#include "provider/connection.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace edgeseal::provider {
namespace {

constexpr std::chrono::milliseconds refusal_pause{10};

struct ErrorText {
  explicit ErrorText(int error) noexcept : text(::strerror_r(error, buffer.data(), buffer.size())) {}
  std::array<char, 128> buffer{};
  const char* text;  // the GNU strerror_r answers a pointer, into the buffer or not
};

// A bad descriptor is one that another thread of the program closed meanwhile.
bool is_lost(int error) noexcept {
  return error == ECONNRESET || error == EPIPE || error == ENOTCONN || error == EBADF || error == ENOTSOCK;
}

// Not one of the standard streams, which a program that has closed them writes to and redirects all the same.
int open_socket() noexcept {
  const int descriptor = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
  const int above = ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return above;
}

sockaddr_un address_of(const Settings& settings) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(settings.socket_path.begin(), settings.socket_path.end(), address.sun_path);
  return address;
}

// A connect that waits for room in the agent's backlog ends with the send time limit (unix(7)).
bool limit_connect(int descriptor, const Deadline& deadline) noexcept {
  const auto remaining = std::max(deadline.remaining(), std::chrono::milliseconds{1});
  const timeval limit{.tv_sec = remaining.count() / 1000, .tv_usec = (remaining.count() % 1000) * 1000};
  return ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0;
}

// Zero or the error number.
int connect_before(int descriptor, const Settings& settings, const Deadline& deadline,
                   const Deadline& patience) noexcept {
  const sockaddr_un address = address_of(settings);
  for (;;) {
    if (!limit_connect(descriptor, deadline)) return errno;
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return 0;
    const int error = errno;
    const bool again =
        error == ECONNREFUSED ? !patience.passed() && !deadline.passed() : error == EINTR && !deadline.passed();
    if (!again) return error;
    if (error == ECONNREFUSED) static_cast<void>(::poll(nullptr, 0, static_cast<int>(refusal_pause.count())));
  }
}

// A full backlog until the deadline is a slow agent, not an absent one.
void raise_unreachable(const Settings& settings, int error) noexcept {
  if (error == EAGAIN)
    return raise_error(Reason::agent_timeout, "%s: no room for a connection", settings.socket_path.data());
  const bool is_absent = error == ENOENT || error == ECONNREFUSED || error == EACCES;
  raise_error(Reason::agent_unreachable, "%s: %s%s", settings.socket_path.data(), ErrorText(error).text,
              is_absent ? "; is edgeseald.socket active?" : "");
}

}  // namespace

Owned<Connection> Connection::open(const Settings& settings, const Deadline& deadline,
                                   const Deadline& patience) noexcept {
  const int descriptor = open_socket();
  if (descriptor < 0) {
    raise_unreachable(settings, errno);
    return nullptr;
  }
  struct stat status {};
  int error = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  if (error == 0) error = connect_before(descriptor, settings, deadline, patience);
  Owned<Connection> connection;
  if (error == 0) connection = make_object<Connection>(descriptor, ::getpid(), status.st_dev, status.st_ino);
  if (connection == nullptr) {
    ::close(descriptor);
    raise_unreachable(settings, error == 0 ? ENOMEM : error);
  }
  return connection;
}

Connection::~Connection() {
  if (holds_its_socket()) ::close(descriptor_);
}

Standing Connection::standing() const noexcept {
  if (process_ != ::getpid() || !holds_its_socket()) return Standing::unusable;
  return user_ == ::geteuid() && group_ == ::getegid() ? Standing::current : Standing::former_account;
}

bool Connection::holds_its_socket() const noexcept {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_dev == device_ &&
         status.st_ino == inode_;
}

Exchange Connection::exchange(ByteView request, MutableByteView answer, std::size_t& size,
                              const Deadline& deadline) noexcept {
  Exchange outcome = send(request, deadline);
  if (outcome == Exchange::answered) outcome = receive(answer, size, deadline);
  const bool has_last_words = outcome == Exchange::lost && holds_its_socket() && take_last_words(answer, size);
  return has_last_words ? Exchange::answered : outcome;
}

Exchange Connection::send(ByteView request, const Deadline& deadline) noexcept {
  while (::send(descriptor_, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (is_lost(errno)) return Exchange::lost;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      raise_error(Reason::agent_unreachable, "cannot send to the agent: %s", ErrorText(errno).text);
      return Exchange::failed;
    }
    const Exchange waited = wait(POLLOUT, deadline);
    if (waited != Exchange::answered) return waited;
  }
  return Exchange::answered;
}

Exchange Connection::receive(MutableByteView answer, std::size_t& size, const Deadline& deadline) noexcept {
  for (;;) {
    const Exchange waited = wait(POLLIN, deadline);
    if (waited != Exchange::answered) return waited;
    if (!holds_its_socket()) return Exchange::lost;  // the program closed it meanwhile; the number may be another's
    const ssize_t received = ::recv(descriptor_, answer.data(), answer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (received == 0 || (received < 0 && is_lost(errno))) return Exchange::lost;
    if (received > 0 && static_cast<std::size_t>(received) <= answer.size()) {
      size = static_cast<std::size_t>(received);
      return Exchange::answered;
    }
    if (received > 0) {
      raise_error(Reason::agent_answer_malformed, "%zd bytes where at most %zu are expected", received, answer.size());
      return Exchange::failed;
    }
    if (errno != EINTR && errno != EAGAIN) {
      raise_error(Reason::agent_unreachable, "cannot receive from the agent: %s", ErrorText(errno).text);
      return Exchange::failed;
    }
  }
}

// An agent without room for a connection says so and closes without a look at the request. The error that follows from
// that comes before what it said.
bool Connection::take_last_words(MutableByteView answer, std::size_t& size) noexcept {
  const ssize_t received = ::recv(descriptor_, answer.data(), answer.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (received <= 0 || static_cast<std::size_t>(received) > answer.size()) return false;
  size = static_cast<std::size_t>(received);
  return true;
}

Exchange Connection::wait(short events, const Deadline& deadline) noexcept {
  pollfd entry{.fd = descriptor_, .events = events, .revents = 0};
  for (;;) {
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.remaining().count()));
    if (ready > 0) return Exchange::answered;
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) {
      raise_error(Reason::agent_unreachable, "cannot wait for the agent: %s", ErrorText(errno).text);
    } else {
      raise_error(Reason::agent_timeout,
                  "raise timeout-ms in the provider's section of openssl.cnf if the TPM is slow");
    }
    return Exchange::failed;
  }
}

}  // namespace edgeseal::provider
