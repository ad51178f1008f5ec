#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {

BOOST_AUTO_TEST_SUITE(forks_beside_threads)

// Once the process has signed: libcrypto 3.0 itself holds a lock while it looks for an algorithm the first time, and a
// child that was forked then waits for that lock for ever, with keys of any provider.
BOOST_FIXTURE_TEST_CASE(a_child_signs_when_forked_while_other_threads_sign, Fixture) {
  constexpr int thread_count = 4;
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_REQUIRE(signs(program, key));
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::vector<std::thread> others;
  for (int i = 0; i < thread_count; ++i) {
    others.emplace_back([&] {
      while (!stop) failures += signs(program, key) ? 0 : 1;
    });
  }
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(in_child([&] { return !sign(program.context(), key.get(), "message").empty(); }));
  stop = true;
  for (std::thread& other : others) other.join();
  BOOST_TEST(failures == 0);
}

// In a child process. A thread that is at work in libcrypto while the program exits is something that libcrypto itself
// does not survive; one that waits in the provider does no harm.
BOOST_FIXTURE_TEST_CASE(a_thread_may_exit_while_another_waits_for_the_agent, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.behave(fakes::KeyServer::Behaviour::hold);
  int waiting[2];
  BOOST_REQUIRE(::pipe(waiting) == 0);
  std::thread watcher([&] {
    if (server.wait_for_requests(wire::Operation::sign, 1)) static_cast<void>(!::write(waiting[1], "", 1));
  });
  BOOST_TEST(in_child([&] {
    std::thread([&] { static_cast<void>(signs(program, key)); }).detach();
    char byte = 0;
    if (::read(waiting[0], &byte, 1) != 1) return false;
    std::thread([] { std::exit(0); }).join();
    return false;
  }));
  watcher.join();
  ::close(waiting[0]);
  ::close(waiting[1]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
