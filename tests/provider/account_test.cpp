#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

constexpr uid_t nobody = 65534;

bool become_nobody() {
  return ::setegid(nobody) == 0 && ::seteuid(nobody) == 0;
}

// The directory of the socket is the administrator's alone until this.
bool let_everyone_in(const std::filesystem::path& socket) {
  return ::chmod(socket.parent_path().c_str(), 0711) == 0 && ::chmod(socket.c_str(), 0666) == 0;
}

// As servers do once they have read their keys.
bool enter_empty_root(const TemporaryDirectory& directory) {
  const std::filesystem::path root = directory.path() / "root";
  return ::mkdir(root.c_str(), 0755) == 0 && ::chroot(root.c_str()) == 0 && ::chdir("/") == 0;
}

bool signs_in_threads(const Program& program, const PkeyPtr& key) {
  constexpr int thread_count = 4;
  constexpr int signatures = 50;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < signatures; ++j) good += signs(program, key) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return good == thread_count * signatures;
}

bool is_told(const Program& program, const PkeyPtr& key, const std::string& part) {
  return sign(program.context(), key.get(), "message").empty() && take_errors().find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accounts)

// The agent knows a connection by the account that opened it; after a change of account it must see the new one.
BOOST_FIXTURE_TEST_CASE(a_new_account_opens_a_connection_of_its_own, Fixture) {
  BOOST_REQUIRE(let_everyone_in(socket));
  BOOST_TEST(in_child([&] {
    const PkeyPtr key = program.load_key("edgeseal:ec");
    if (!signs(program, key) || ::setegid(nobody) != 0 || !signs(program, key)) return false;
    return ::seteuid(nobody) == 0 && signs(program, key) && signs(program, key) && take_errors().empty();
  }));
  BOOST_TEST(server.connections() == 3U);
}

BOOST_FIXTURE_TEST_CASE(an_account_that_may_not_reach_the_socket_goes_on_with_the_connection_it_has, Fixture) {
  BOOST_TEST(in_child([&] {
    const PkeyPtr key = program.load_key("edgeseal:ec");
    return become_nobody() && signs(program, key) && signs(program, key) && take_errors().empty();
  }));
  BOOST_TEST(server.connections() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_connection_of_a_former_account_is_closed_once_the_socket_can_be_reached, Fixture) {
  BOOST_TEST(in_child([&] {
    const PkeyPtr key = program.load_key("edgeseal:ec");
    if (!become_nobody() || !signs(program, key)) return false;
    if (::seteuid(0) != 0 || !let_everyone_in(socket) || ::seteuid(nobody) != 0 || !signs(program, key)) return false;
    return ::seteuid(0) == 0 && ::chmod(socket.parent_path().c_str(), 0700) == 0 && ::setegid(0) == 0 &&
           signs(program, key);
  }));
  BOOST_TEST(server.connections() == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_names_the_account_that_the_agent_saw, Fixture) {
  server.refuse(fakes::KeyServer::Refusal{wire::Status::not_permitted, "no rule"});
  const PkeyPtr key = program.read_key(pem_reference("ec", Material::get().ec.get()));
  BOOST_TEST(in_child([&] {
    return is_told(program, key, "uid 0 may not use key ec") && become_nobody() &&
           is_told(program, key, "uid 0 may not use key ec") && ::seteuid(0) == 0 && let_everyone_in(socket) &&
           ::seteuid(nobody) == 0 && is_told(program, key, "uid 65534 may not use key ec");
  }));
}

BOOST_FIXTURE_TEST_CASE(a_program_in_a_chroot_goes_on_with_the_connection_it_has, Fixture) {
  BOOST_TEST(in_child([&] {
    const PkeyPtr key = program.load_key("edgeseal:ec");
    return enter_empty_root(directory) && signs(program, key) && become_nobody() && signs(program, key) &&
           take_errors().empty();
  }));
  BOOST_TEST(server.connections() == 1U);
}

BOOST_FIXTURE_TEST_CASE(threads_in_a_chroot_take_turns_with_the_connection_there_is, Fixture) {
  BOOST_TEST(in_child([&] {
    const PkeyPtr key = program.load_key("edgeseal:ec");
    return enter_empty_root(directory) && signs_in_threads(program, key) && become_nobody() &&
           signs_in_threads(program, key);
  }));
  BOOST_TEST(server.connections() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_chroot_without_a_connection_is_told_at_once, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  BOOST_TEST(in_child([&] {  // the connection is the parent's
    const auto start = std::chrono::steady_clock::now();
    return enter_empty_root(directory) && is_told(program, key, "agent not reachable") &&
           std::chrono::steady_clock::now() - start < std::chrono::seconds(5);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
