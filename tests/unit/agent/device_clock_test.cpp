#include <boost/test/unit_test.hpp>

#include "agent/device/device_clock.h"
#include "tests/fakes/fake_clocks.h"
#include "tests/tpm/temporary_directory.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::DeviceClock;

namespace {

struct Fixture {
  test::TemporaryDirectory directory;
  agent::State state{directory.file("state")};
  test::FakeClocks clocks;
  std::optional<DeviceClock> clock{std::in_place, state, clocks.reader(), 3h};
  const DeviceClock::Time begin = clock->now();

  void restart_agent() { clock.emplace(state, clocks.reader(), 3h); }
  [[nodiscard]] std::chrono::seconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::seconds>(clock->now() - begin);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(device_clock, Fixture)

BOOST_AUTO_TEST_CASE(it_begins_as_the_time_of_day) {
  BOOST_TEST((begin.time_since_epoch() == clocks.reading.since_epoch));
}

BOOST_AUTO_TEST_CASE(setting_the_time_of_day_does_not_move_it) {
  clocks.advance(1min);
  clocks.set_time_of_day(0s);
  BOOST_TEST((elapsed() == 1min));
  clocks.set_time_of_day(900'000h);
  BOOST_TEST((elapsed() == 1min));
}

BOOST_AUTO_TEST_CASE(it_goes_on_over_a_restart_of_the_agent_whatever_the_time_of_day) {
  clocks.advance(10min);  // a crash: nothing was recorded
  clocks.set_time_of_day(900'000h);
  restart_agent();
  BOOST_TEST((elapsed() == 10min));
  clocks.advance(5min);
  clock->record();
  clocks.set_time_of_day(0s);
  restart_agent();
  BOOST_TEST((elapsed() == 15min));
}

BOOST_AUTO_TEST_CASE(a_restart_of_the_machine_counts_by_the_time_of_day) {
  clocks.advance(1h);
  clock->record();
  clocks.restart_machine(20h);
  restart_agent();
  BOOST_TEST((elapsed() == 21h));
}

BOOST_AUTO_TEST_CASE(a_restart_that_lost_the_time_of_day_counts_for_the_least) {
  clocks.restart_machine(0s);
  clocks.set_time_of_day(0s);
  restart_agent();
  BOOST_TEST((elapsed() == 3h));
  clocks.restart_machine(0s);
  clocks.set_time_of_day(0s);
  restart_agent();
  BOOST_TEST((elapsed() == 6h));
}

BOOST_AUTO_TEST_CASE(a_time_of_day_that_jumps_back_and_forth_at_restarts_adds_up_to_the_latest_time_that_is_kept) {
  for (int i = 0; i < 10; ++i) {
    clocks.restart_machine(0s);
    clocks.set_time_of_day(i % 2 == 0 ? 7'258'118'400s : 0s);  // 2200 and 1970
    restart_agent();
    clock->record();
  }
  BOOST_TEST((clock->now() == agent::latest_kept_time));
  clocks.advance(1h);
  BOOST_TEST((clock->now() == agent::latest_kept_time + 1h));
}

BOOST_AUTO_TEST_CASE(the_clocks_of_this_machine_are_read) {
  const agent::ClockReading first = agent::read_clocks(), second = agent::read_clocks();
  BOOST_TEST((first.boot == second.boot));
  BOOST_TEST((first.boot != std::array<std::byte, 16>{}));
  BOOST_TEST((first.since_boot.count() > 0 && first.since_boot <= second.since_boot));
  BOOST_TEST((first.since_epoch > 24h * 365 * 50));
}

BOOST_AUTO_TEST_SUITE_END()
