#include "tests/crash/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <array>

namespace edgeseal::crash {

Supervisor::Supervisor(pid_t process, policy::UniqueFd listener, Places places, Judge judge)
    : process_(process),
      listener_(std::move(listener)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      reader_(process, std::move(places)),
      judge_(std::move(judge)),
      thread_([this] { supervise(); }) {}

Supervisor::~Supervisor() {
  (void)!::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void Supervisor::supervise() {
  std::array<pollfd, 2> watched{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  while (::poll(watched.data(), watched.size(), -1) > 0) {
    if (watched[1].revents != 0 || (watched[0].revents & POLLHUP) != 0) return;
    if ((watched[0].revents & POLLIN) != 0) decide();
  }
}

void Supervisor::decide() {
  seccomp_notif notification{};
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &notification) != 0) return;  // it was killed meanwhile
  const Deed deed = judge_(reader_.read(notification));
  if (deed.kind == Deed::Kind::kill) return (void)::kill(process_, SIGKILL);  // unanswered, the call is never made
  if (deed.kind == Deed::Kind::terminate) ::kill(process_, SIGTERM);
  answer(notification.id, deed);
}

void Supervisor::answer(__u64 id, const Deed& deed) {
  seccomp_notif_resp response{};
  response.id = id;
  if (deed.kind == Deed::Kind::fail)
    response.error = -deed.error;
  else
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace edgeseal::crash
