#include "agent/trust/time_floor.h"

#include <boost/test/unit_test.hpp>

#include "agent/state/sqlite.h"
#include "tests/tpm/temporary_directory.h"

namespace edgeseal::agent {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  test::TemporaryDirectory directory;
  State state{directory.file("state")};
  TimeOfDay clock{std::chrono::sys_days(std::chrono::year(2030) / 6 / 1), false};
  std::optional<TimeFloor> floor;

  Fixture() { start(); }
  void start() {
    floor.emplace(state, [this] { return clock; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(time_floor, Fixture)

BOOST_AUTO_TEST_CASE(it_goes_with_the_time_of_day) {
  BOOST_TEST((floor->now() == clock.time));
  clock.time += 500h;
  BOOST_TEST((floor->now() == clock.time));
}

BOOST_AUTO_TEST_CASE(a_clock_that_begins_in_1970_after_each_start_is_no_earlier_than_what_was_known) {
  const auto known = floor->now();
  clock.time = {};
  start();
  BOOST_TEST((floor->now() == known));
  clock.time = known + 1min;
  BOOST_TEST((floor->now() == clock.time));
}

BOOST_AUTO_TEST_CASE(a_device_that_knows_nothing_has_the_time_of_the_release_at_least) {
  test::TemporaryDirectory other;
  State fresh(other.file("state"));
  TimeFloor unset(fresh, [] { return TimeOfDay{}; });
  BOOST_TEST((unset.now() > TimeFloor::Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))));
}

BOOST_AUTO_TEST_CASE(turning_the_clock_back_makes_nothing_valid_again) {
  const auto known = floor->now();
  clock.time -= 24h * 365;
  BOOST_TEST((floor->now() == known));
}

BOOST_AUTO_TEST_CASE(a_time_server_corrects_a_clock_that_was_ahead) {
  clock.time += 24h * 36500;
  const auto wrong = floor->now();
  clock.time -= 24h * 36500;
  BOOST_TEST((floor->now() == wrong));
  clock.synchronised = true;
  BOOST_TEST((floor->now() == clock.time));
  clock.synchronised = false;
  start();
  BOOST_TEST((floor->now() == clock.time));
}

BOOST_AUTO_TEST_CASE(the_state_is_written_once_an_hour) {
  (void)floor->now();
  const auto written = state.latest_time();
  clock.time += 1h;
  (void)floor->now();
  BOOST_TEST((state.latest_time() == written));
  clock.time += 1s;
  (void)floor->now();
  BOOST_TEST((state.latest_time() == clock.time));
}

BOOST_AUTO_TEST_CASE(where_the_disk_takes_nothing_it_is_tried_once_a_minute) {
  Database disk(directory.file("state") + "/state.db");
  disk.execute("CREATE TRIGGER no_time BEFORE INSERT ON latest_time BEGIN SELECT RAISE(ABORT, 'no space'); END");
  BOOST_TEST((floor->now() == clock.time));
  disk.execute("DROP TRIGGER no_time");
  clock.time += 59s;
  BOOST_TEST((floor->now() == clock.time));
  BOOST_TEST(!state.latest_time().has_value());
  clock.time += 1s;
  (void)floor->now();
  BOOST_TEST((state.latest_time() == clock.time));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
