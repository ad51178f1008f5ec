#include "agent/setup/tpm_memory.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "tests/unit/agent/occupied_tpm.h"
#include "tests/unit/setup/device_run.h"

using namespace edgeseal;

namespace {

struct Fixture : test::Device {
  std::optional<test::DeviceRun> run{std::in_place, disk, chip};

  void occupy() { test::occupy(*run, chip, run->worker, agent::TpmWorker::Priority::seal); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tpm_memory, Fixture)

BOOST_AUTO_TEST_CASE(what_the_tpm_had_no_time_for_at_the_start_comes_later_by_itself) {
  run->start().configure();
  run.emplace(disk, chip);
  occupy();
  run->memory.recall();
  BOOST_TEST(!run->seal.is_open());
  chip.release();
  run->run_until([&] { return run->recalled; });
  BOOST_TEST(run->seal.is_open());
  BOOST_TEST(run->tries.unaccounted().has_value());
  run->run_until([&] { return run->anchor.finding() == agent::StateAnchor::Finding::consistent; });
}

BOOST_AUTO_TEST_CASE(what_the_tpm_had_no_time_to_remember_is_asked_for_again) {
  run->start();
  occupy();
  run->recalled = false;
  run->memory.recall();
  BOOST_TEST(!run->recalled);
  chip.release();
  run->run_until([&] { return run->recalled; });
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_tpm_is_no_reason_to_ask_again) {
  chip.set_owner_auth(tpm::Bytes{std::byte{1}});
  run->start();
  BOOST_TEST(!run->tries.unaccounted().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
