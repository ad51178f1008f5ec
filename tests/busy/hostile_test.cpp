// Inhibitors of programs that flood, leak, crash and hand on: the real agent.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "tests/bus/bus_client.h"
#include "tests/busy/gateway.h"

namespace edgeseal::test {
namespace {

namespace fs = std::filesystem;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    reader = sdbus::UnixFd(ends[0], sdbus::adopt_fd);
    writer = sdbus::UnixFd(ends[1], sdbus::adopt_fd);
  }
  sdbus::UnixFd reader, writer;
};

// A process that lives until its standard input ends; it has a copy of `descriptor`, where one is given.
class Waiting {
 public:
  explicit Waiting(std::vector<std::string> command, int descriptor = -1) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_.reader.get(), STDIN_FILENO);
    if (descriptor >= 0) posix_spawn_file_actions_adddup2(&actions, descriptor, 100);
    std::vector<char*> words;
    for (auto& word : command) words.push_back(word.data());
    words.push_back(nullptr);
    BOOST_REQUIRE(posix_spawnp(&process_, words[0], &actions, nullptr, words.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    input_.reader.reset();
  }
  ~Waiting() { end(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void end() {
    input_.writer.reset();
    wait();
  }
  void kill() {
    ::kill(process_, SIGKILL);
    wait();
  }

 private:
  void wait() {
    if (process_ > 0) waitpid(process_, nullptr, 0);
    process_ = -1;
  }

  Pipe input_;
  pid_t process_ = -1;
};

struct Fixture : Gateway {
  // Open in the agent.
  int pipes() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(agent()) + "/fd")) {
      std::error_code gone;
      if (fs::read_symlink(entry.path(), gone).native().starts_with("pipe:")) ++count;
    }
    return count;
  }
  bool is_held() { return !busy->Inhibitors().empty(); }
  std::string error_of_inhibit() {
    return error_of([&] { (void)inhibit(); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile, Fixture)

BOOST_AUTO_TEST_CASE(ten_thousand_calls_get_what_an_account_may_have) {
  const auto before = pipes();
  std::vector<sdbus::UnixFd> granted;
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto error = error_of([&] { granted.push_back(inhibit()); });
    if (error == "TooManyOperations") ++refused;
  }
  BOOST_TEST(granted.size() == 32u);
  BOOST_TEST(refused == 10'000 - 32);
  BOOST_TEST(busy->Inhibitors().size() == 32u);
  granted.clear();
  BOOST_TEST(!busy->Busy());
  BOOST_TEST(pipes() == before);
}

BOOST_AUTO_TEST_CASE(who_comes_and_goes_leaves_nothing_open) {
  const auto before = pipes();
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(error_of_inhibit() == "");
  BOOST_TEST(!busy->Busy());
  BOOST_TEST(pipes() == before);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_was_handed_on_keeps_the_inhibitor_until_it_is_closed_there) {
  auto own = inhibit();
  Waiting other({"cat"}, own.get());
  own.reset();
  BOOST_TEST(is_held());
  other.end();
  BOOST_TEST(!is_held());
}

BOOST_AUTO_TEST_CASE(the_inhibitor_of_a_killed_program_ends) {
  Waiting program({EDGESEALCTL, "inhibit", "--who", "test", "--why", "x", "cat"});
  BOOST_TEST(pump_until(*connection, [&] { return is_held(); }));
  BOOST_TEST(busy->Inhibitors()[0].at("who").get<std::string>() == "test");
  program.kill();
  BOOST_TEST(pump_until(*connection, [&] { return !is_held(); }));  // a child that is not yet cat has a copy
}

BOOST_AUTO_TEST_CASE(the_command_line_inhibits_for_as_long_as_the_command_runs) {
  Waiting program({EDGESEALCTL, "inhibit", "--why", "x", "cat"});
  BOOST_TEST(pump_until(*connection, [&] { return is_held(); }));
  program.end();
  BOOST_TEST(!is_held());
}

BOOST_AUTO_TEST_CASE(the_command_line_inhibits_again_when_the_agent_was_restarted) {
  Waiting program({EDGESEALCTL, "inhibit", "--who", "test", "--why", "x", "cat"});
  BOOST_TEST(pump_until(*connection, [&] { return is_held(); }));
  kill_agent();
  start_agent();
  BOOST_TEST(pump_until(*connection, [&] { return is_held(); }));
  BOOST_TEST(busy->Inhibitors()[0].at("who").get<std::string>() == "test");
}

BOOST_AUTO_TEST_CASE(who_leaves_before_the_answer_holds_nothing) {
  for (int i = 0; i < 20; ++i) {
    const auto leaving = sdbus::createSystemBusConnection();
    auto proxy =
        sdbus::createProxy(*leaving, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath("/org/edgeseal"));
    proxy->callMethodAsync("Inhibit")
        .onInterface("org.edgeseal.Busy1")
        .withArguments(std::string("leaver"), std::string("x"), Options{})
        .uponReplyInvoke([](dbus::compat::AsyncError, const sdbus::UnixFd&) {});
  }
  BOOST_TEST(pump_until(*connection, [&] { return !is_held(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
