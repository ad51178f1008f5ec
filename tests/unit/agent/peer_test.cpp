#include "agent/peer.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstddef>
#include <thread>

#include "policy/unique_fd.h"

using namespace edgeseal;
using policy::UniqueFd;

namespace {

constexpr unsigned so_peerpidfd = 77;

// The kernel, as this thread sees it from now on, gives no pidfd of a peer.
bool answer_for_pidfds(int error) {
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsockopt, 0, 3),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 2 * sizeof(__u64)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, so_peerpidfd, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog loaded{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded, 0, 0) == 0;
}

// The answer that a peer gets on a kernel that gives no pidfd of it, but `error`.
bool lives_where_the_kernel_says(int error, int socket) {
  bool filtered = false, lives = false;
  std::thread([&] {
    filtered = answer_for_pidfds(error);
    lives = agent::peer_lives(socket);
  }).join();
  BOOST_TEST_REQUIRE(filtered);
  return lives;
}

// A socket whose peer is this process.
struct OwnSocket {
  UniqueFd here, there;
  OwnSocket() {
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    here = UniqueFd(ends[0]);
    there = UniqueFd(ends[1]);
  }
};

// One that a process opened which has ended and was waited for: its number is free.
UniqueFd socket_of_the_dead() {
  const UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t size = sizeof(address.sun_family);  // the kernel chooses a name
  BOOST_TEST_REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_TEST_REQUIRE(::listen(listener.get(), 1) == 0);
  size = sizeof(address);
  BOOST_TEST_REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ::_exit(::connect(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 ? 0 : 1);
  }
  int status = -1;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST_REQUIRE(status == 0);
  return UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer)

BOOST_AUTO_TEST_CASE(who_runs_is_known_with_a_kernel_that_has_no_pidfds_of_peers_too) {
  const OwnSocket own;
  BOOST_TEST(agent::peer_lives(own.here.get()));
  BOOST_TEST(lives_where_the_kernel_says(ENOPROTOOPT, own.here.get()));
}

// Linux 6.5 to 6.15 have no pidfd of a peer that has ended; what has its number by now may be a process of its account.
BOOST_AUTO_TEST_CASE(who_has_ended_passes_for_nobody_who_has_his_number_by_now) {
  const OwnSocket own;  // as if this process had the number of another one
  for (const int error : {EINVAL, ESRCH, ENODATA})
    BOOST_TEST(!lives_where_the_kernel_says(error, own.here.get()), std::to_string(error));
}

BOOST_AUTO_TEST_CASE(a_process_does_not_choose_its_account_by_its_name) {
  const OwnSocket own;
  std::array<char, 16> name{};
  BOOST_TEST_REQUIRE(::prctl(PR_GET_NAME, name.data()) == 0);
  BOOST_TEST_REQUIRE(::prctl(PR_SET_NAME, ::geteuid() == 1 ? "Uid: 2 2" : "Uid: 1 1") == 0);
  const bool lives = lives_where_the_kernel_says(ENOPROTOOPT, own.here.get());
  BOOST_TEST(::prctl(PR_SET_NAME, name.data()) == 0);
  BOOST_TEST(lives);
}

BOOST_AUTO_TEST_CASE(who_has_ended_has_no_unit) {
  const UniqueFd socket = socket_of_the_dead();
  BOOST_TEST(!agent::peer_lives(socket.get()));
  BOOST_TEST(!lives_where_the_kernel_says(ENOPROTOOPT, socket.get()));
  BOOST_TEST(agent::peer_unit(socket.get()) == "");
}

BOOST_AUTO_TEST_SUITE_END()
