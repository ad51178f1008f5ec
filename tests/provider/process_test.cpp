#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

unsigned open_sockets() {
  unsigned count = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    int type = 0;
    socklen_t size = sizeof(type);
    if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0) ++count;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_FIXTURE_TEST_CASE(loading_the_provider_does_not_touch_the_agent, Fixture) {
  BOOST_TEST(server.connections() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_child_signs_when_forked_before_first_use, Fixture) {
  const PkeyPtr key = program.read_key(pem_reference("ec", Material::get().ec.get()));
  BOOST_TEST(in_child([&] { return signs(program, key); }));
  BOOST_TEST(signs(program, key));
}

BOOST_FIXTURE_TEST_CASE(a_child_uses_a_connection_of_its_own, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(signs(program, key));
  BOOST_TEST(server.connections() == 1U);
  BOOST_TEST(in_child([&] {
    const unsigned before = open_sockets();
    return signs(program, key) && signs(program, key) && open_sockets() == before;
  }));
  BOOST_TEST(server.connections() == 2U);
  BOOST_TEST(signs(program, key));
  BOOST_TEST(server.connections() == 2U);
}

// The parent's connection is in the middle of an exchange; neither may get the other's answer, and the child keeps none
// but its own.
BOOST_FIXTURE_TEST_CASE(a_child_signs_when_forked_while_another_thread_waits_for_the_agent, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_REQUIRE(signs(program, key));
  server.behave(fakes::KeyServer::Behaviour::answer_late);
  bool good = false;
  std::thread other([&] { good = signs(program, key); });
  BOOST_TEST(server.wait_for_requests(wire::Operation::sign, 2));
  BOOST_TEST(in_child([&] {
    const unsigned before = open_sockets();
    return signs(program, key) && signs(program, key) && open_sockets() == before;
  }));
  other.join();
  BOOST_TEST(good);
  BOOST_TEST(server.connections() == 2U);
}

// They are let go when all are there.
BOOST_FIXTURE_TEST_CASE(a_hundred_processes_sign_at_once, Fixture) {
  constexpr int process_count = 100;
  const PkeyPtr key = program.load_key("edgeseal:ec");
  int gate[2];
  BOOST_REQUIRE(::pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < process_count; ++i) {
    children.push_back(start_child([&] {
      char byte = 0;
      return ::close(gate[1]) == 0 && ::read(gate[0], &byte, 1) == 0 && signs(program, key) && signs(program, key);
    }));
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (const pid_t child : children) BOOST_TEST(succeeds(child));
  BOOST_TEST(server.connections() == 1U + process_count);
}

BOOST_FIXTURE_TEST_CASE(a_child_of_a_child_signs, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(signs(program, key));
  BOOST_TEST(in_child([&] { return signs(program, key) && in_child([&] { return signs(program, key); }); }));
}

BOOST_FIXTURE_TEST_CASE(a_program_that_closed_all_descriptors_still_signs, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(signs(program, key));
  BOOST_TEST(in_child([&] {
    if (!signs(program, key)) return false;
    ::close_range(3, ~0U, 0);
    return signs(program, key);
  }));
}

// A program that has closed its standard streams redirects them later, and writes to them.
BOOST_FIXTURE_TEST_CASE(a_connection_is_none_of_the_standard_streams, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(in_child([&] {
    ::close_range(0, ~0U, 0);
    if (!signs(program, key)) return false;
    return ::fcntl(STDIN_FILENO, F_GETFD) < 0 && ::fcntl(STDOUT_FILENO, F_GETFD) < 0 &&
           ::fcntl(STDERR_FILENO, F_GETFD) < 0 && open_sockets() == 1;
  }));
}

BOOST_FIXTURE_TEST_CASE(a_descriptor_that_is_another_socket_now_is_left_alone, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(signs(program, key));
  BOOST_TEST(in_child([&] {
    if (!signs(program, key)) return false;
    ::close_range(3, ~0U, 0);
    int pairs[8][2];
    for (auto& pair : pairs) {
      if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) return false;
    }
    const unsigned before = open_sockets();
    if (!signs(program, key)) return false;
    char byte = 0;
    for (auto& pair : pairs) {
      if (::recv(pair[0], &byte, 1, MSG_DONTWAIT) >= 0 || ::recv(pair[1], &byte, 1, MSG_DONTWAIT) >= 0) return false;
    }
    return open_sockets() == before + 1;
  }));
}

BOOST_FIXTURE_TEST_CASE(no_descriptor_passes_an_exec, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(signs(program, key));
  BOOST_TEST(in_child([] {
    ::execl("/bin/sh", "sh", "-c", "! ls -l /proc/$$/fd 2>/dev/null | grep -q socket:", nullptr);
    return false;
  }));
}

BOOST_FIXTURE_TEST_CASE(a_restart_between_two_signatures_goes_unnoticed, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(signs(program, key));
    server.stop();
    server.start();
  }
  BOOST_TEST(signs(program, key));
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_restart_with_many_idle_connections_goes_unnoticed, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.behave(fakes::KeyServer::Behaviour::hold, 4);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { good += signs(program, key) ? 1 : 0; });
  BOOST_TEST(server.wait_for_requests(wire::Operation::sign, 4));
  server.stop();
  server.behave(fakes::KeyServer::Behaviour::serve, 0);
  server.start();
  for (std::thread& thread : threads) thread.join();
  server.stop();
  server.start();
  BOOST_TEST(signs(program, key));
}

BOOST_FIXTURE_TEST_CASE(a_request_that_the_agent_dropped_is_sent_again, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.behave(fakes::KeyServer::Behaviour::close);
  BOOST_TEST(signs(program, key));
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(a_key_may_be_freed_after_libcrypto_was_cleaned_up, Fixture) {
  PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(signs(program, key));
  BOOST_TEST(in_child([&] {
    OSSL_LIB_CTX_free(program.context());
    OPENSSL_cleanup();
    key.reset();
    return true;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
