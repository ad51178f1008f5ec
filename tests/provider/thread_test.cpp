#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/provider/fixture.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Tests start threads in the child of a process that has threads, which ThreadSanitizer does not allow otherwise.
extern "C" const char* __tsan_default_options() {
  return "die_after_fork=0";
}
#endif
#endif

namespace edgeseal::tests {
namespace {

constexpr std::size_t digest_size = 32;

Bytes digest_of(int thread, int number) {
  Bytes digest(digest_size);
  std::memcpy(digest.data(), &thread, sizeof(thread));
  std::memcpy(digest.data() + sizeof(thread), &number, sizeof(number));
  return digest;
}

template <typename Work>
void in_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(threads)

// The server answers the digest, thus an answer that came to another thread shows.
BOOST_FIXTURE_TEST_CASE(eight_threads_sign_ten_thousand_times_each, Fixture) {
  constexpr int thread_count = 8;
  constexpr int signatures = 10'000;
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.answer_digests();
  std::atomic<int> good = 0;
  in_threads(thread_count, [&](int thread) {
    for (int i = 0; i < signatures; ++i) {
      const Bytes digest = digest_of(thread, i);
      good += sign_digest(program.context(), key.get(), digest, "SHA256") == digest ? 1 : 0;
    }
  });
  BOOST_TEST(good == thread_count * signatures);
  BOOST_TEST(server.requests(wire::Operation::sign) == static_cast<unsigned>(thread_count * signatures));
  BOOST_TEST(server.connections() <=
             100U);  // now and then a connection comes back behind the back of who looks for one
}

BOOST_FIXTURE_TEST_CASE(more_threads_than_connections_are_kept_sign, Fixture) {
  constexpr int thread_count = 40;
  const PkeyPtr key = program.load_key("edgeseal:ec");
  std::atomic<int> good = 0;
  for (int round = 0; round < 3; ++round) in_threads(thread_count, [&](int) { good += signs(program, key) ? 1 : 0; });
  BOOST_TEST(good == 3 * thread_count);
}

BOOST_FIXTURE_TEST_CASE(threads_load_keys_and_sign_side_by_side, Fixture) {
  const std::string reference = pem_reference("ec", Material::get().ec.get());
  std::atomic<int> good = 0;
  in_threads(8, [&](int thread) {
    for (int i = 0; i < 20; ++i) {
      good += signs(program, thread % 2 == 0 ? program.load_key("edgeseal:ec") : program.read_key(reference)) ? 1 : 0;
    }
  });
  BOOST_TEST(good == 160);
}

BOOST_FIXTURE_TEST_CASE(a_thread_leaves_its_connection_to_the_next, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  std::atomic<int> good = 0;
  for (int i = 0; i < 20; ++i) in_threads(1, [&](int) { good += signs(program, key) ? 1 : 0; });
  BOOST_TEST(good == 20);
  BOOST_TEST(server.connections() == 1U);
}

// A thread that ends in the middle of it would leave its connection and what it had decrypted.
BOOST_FIXTURE_TEST_CASE(a_cancelled_thread_comes_back_from_its_call, Fixture) {
  struct Work {
    const Program impatient;
    PkeyPtr key = impatient.load_key("edgeseal:ec");
    std::atomic<bool> came_back = false;
  } work{{directory, socket, "timeout-ms = 2000\n"}};
  const auto run = [](void* argument) -> void* {
    auto& given = *static_cast<Work*>(argument);
    given.came_back = sign(given.impatient.context(), given.key.get(), "message").empty();
    return nullptr;
  };
  server.behave(fakes::KeyServer::Behaviour::hold);
  pthread_t thread{};
  BOOST_REQUIRE(pthread_create(&thread, nullptr, run, &work) == 0);
  BOOST_REQUIRE(server.wait_for_requests(wire::Operation::sign, 1));
  pthread_cancel(thread);
  pthread_join(thread, nullptr);
  BOOST_TEST(work.came_back);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
