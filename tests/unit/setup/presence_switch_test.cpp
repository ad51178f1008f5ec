#include "agent/setup/presence_switch.h"

#include <fcntl.h>
#include <linux/input.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "agent/error.h"
#include "policy/unique_fd.h"
#include "tests/fakes/fake_journal.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/loop_fixture.h"

using namespace edgeseal;
using Position = agent::SwitchSource::Position;

namespace {

// A FIFO in the place of the input device, with the kernel's own events.
struct Fixture : test::LoopFixture {
  test::TemporaryDirectory directory;
  const std::string path = directory.file("event0");
  policy::UniqueFd writer;
  int held = 0;
  std::optional<agent::PresenceSwitch> presence;

  Fixture() {
    BOOST_TEST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    writer.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    BOOST_TEST_REQUIRE(static_cast<bool>(writer));
  }
  void watch(std::chrono::milliseconds hold) {
    presence.emplace(
        loop, [this] { return agent::open_input_switch(path, KEY_RESTART); }, hold,
        [this](const std::string& name) {
          BOOST_TEST(name == path);
          ++held;
        });
  }
  void send(unsigned short type, unsigned short code, int value) const {
    input_event event{};
    event.type = type;
    event.code = code;
    event.value = value;
    BOOST_TEST_REQUIRE(::write(writer.get(), &event, sizeof event) == static_cast<ssize_t>(sizeof event));
  }
  void key(int value, unsigned short code = KEY_RESTART) const {
    send(EV_KEY, code, value);
    send(EV_SYN, SYN_REPORT, 0);
  }
  void run_for(std::chrono::milliseconds time) {
    bool over = false;
    auto timer = loop.add_timer([&] { over = true; });
    timer.set_time(loop.now() + time);
    run_until([&] { return over; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(presence_switch, Fixture)

BOOST_AUTO_TEST_CASE(C8_a_key_that_is_held_is_presence) {
  watch(std::chrono::milliseconds(20));
  key(1);
  run_until([&] { return held == 1; });
  key(2);  // it repeats
  key(0);
  key(1);
  run_until([&] { return held == 2; });
}

BOOST_AUTO_TEST_CASE(a_key_that_is_let_go_early_and_another_key_are_not) {
  watch(std::chrono::hours(1));
  key(1);
  key(0);
  key(1, KEY_POWER);
  watch(std::chrono::milliseconds(0));
  run_for(std::chrono::milliseconds(50));
  BOOST_TEST(held == 0);
}

BOOST_AUTO_TEST_CASE(events_are_read_whole_however_they_come) {
  auto source = agent::open_input_switch(path, KEY_RESTART);
  input_event event{};
  event.type = EV_KEY;
  event.code = KEY_RESTART;
  event.value = 1;
  const auto* bytes = reinterpret_cast<const char*>(&event);
  BOOST_TEST_REQUIRE(::write(writer.get(), bytes, 5) == 5);
  BOOST_TEST(source->read().empty());
  BOOST_TEST_REQUIRE(::write(writer.get(), bytes + 5, sizeof event - 5) == static_cast<ssize_t>(sizeof event - 5));
  BOOST_TEST((source->read() == std::vector{Position::pressed}));
}

BOOST_AUTO_TEST_CASE(lost_events_let_the_key_go) {
  auto source = agent::open_input_switch(path, KEY_RESTART);
  key(1);
  send(EV_SYN, SYN_DROPPED, 0);
  BOOST_TEST((source->read() == std::vector{Position::pressed, Position::released}));
}

BOOST_AUTO_TEST_CASE(a_device_that_goes_away_is_told_and_stops_nothing) {
  const policy::UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto source = agent::open_input_switch(path, KEY_RESTART);
  writer.reset();
  BOOST_CHECK_EXCEPTION((void)source->read(), agent::Error, test::has_code(agent::Code::out_of_service));
}

BOOST_AUTO_TEST_CASE(a_device_that_is_not_there_is_tried_again) {
  agent::PresenceSwitch missing(
      loop, [] { return agent::open_input_switch("/nonexistent/event0", KEY_RESTART); }, std::chrono::seconds(1),
      [](const std::string&) {});
  BOOST_TEST(!missing.works());
}

BOOST_AUTO_TEST_CASE(a_file_in_the_place_of_the_device_is_told_and_tried_again) {
  const std::string file = directory.file("event1");
  BOOST_TEST_REQUIRE(static_cast<bool>(policy::UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600))));
  (void)test::take_journal();
  agent::PresenceSwitch wrong(
      loop, [&] { return agent::open_input_switch(file, KEY_RESTART); }, std::chrono::seconds(1),
      [](const std::string&) {});
  BOOST_TEST(!wrong.works());
  const auto journal = test::take_journal();
  BOOST_TEST_REQUIRE(journal.size() == 1u);
  BOOST_TEST(journal.front().at("MESSAGE").find(file) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_gpio_chip_that_is_not_there_is_refused_with_the_remedy) {
  BOOST_CHECK_EXCEPTION((void)agent::open_gpio_switch("/nonexistent/gpiochip0", 4, true), agent::Error,
                        [](const agent::Error& error) {
                          return error.code() == agent::Code::out_of_service &&
                                 std::string(error.what()).find("remedy") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(keys_have_names_and_numbers) {
  BOOST_TEST(agent::parse_key("KEY_RESTART") == unsigned{KEY_RESTART});
  BOOST_TEST(agent::parse_key("408") == 408u);
  for (const char* name : {"", "0", "KEY_NONE", "99999", "4a8", "-1"})
    BOOST_CHECK_EXCEPTION((void)agent::parse_key(name), agent::Error, test::has_code(agent::Code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()
