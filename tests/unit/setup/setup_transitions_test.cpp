#include <boost/test/unit_test.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/setup/device_run.h"

using namespace edgeseal;

namespace {

// One that somebody has to open.
struct Fixture : test::Device {
  std::optional<test::DeviceRun> run;

  test::DeviceRun& start() {
    agent::Setup::Settings settings;
    settings.open_by = {agent::OpenWay::presence, agent::OpenWay::password};
    run.reset();
    return run.emplace(disk, chip, settings).start();
  }
};

using Step = void (*)(test::DeviceRun& run);

void configure_for_now(test::DeviceRun& run) {
  agent::StagedState staged = test::DeviceRun::trust();
  staged.confirm_by = agent::State::Clock::now() + std::chrono::minutes(5);
  run.commit(staged);
}

void undo(test::DeviceRun& run) {
  run.state.roll_back("opc", agent::State::Clock::now());
  run.advance();
}

void confirm(test::DeviceRun& run) {
  run.state.confirm("opc");
  run.advance();
}

const std::map<std::string, Step> ways_into = {
    {"setup-locked", [](test::DeviceRun&) {}},
    {"setup-open", [](test::DeviceRun& run) { run.setup.report_presence("a button", {}); }},
    {"verifying", configure_for_now},
    {"operational", [](test::DeviceRun& run) { run.configure(); }},
    {"locked-out", [](test::DeviceRun& run) { run.setup.lock_out("all tries are used up"); }}};

struct Change {
  const char* name;
  Step make;
  std::map<std::string, std::string> leads_to;  // from each state in which it may come
};

const std::vector<Change> changes = {{"configured",
                                      [](test::DeviceRun& run) { run.configure(); },
                                      {{"setup-locked", "operational"},
                                       {"setup-open", "operational"},
                                       {"operational", "operational"},
                                       {"locked-out", "operational"}}},
                                     {"configured for now",
                                      configure_for_now,
                                      {{"setup-locked", "verifying"},
                                       {"setup-open", "verifying"},
                                       {"operational", "operational"},
                                       {"locked-out", "verifying"}}},
                                     {"confirmed", confirm, {{"verifying", "operational"}}},
                                     {"undone", undo, {{"verifying", "setup-locked"}}},
                                     {"reset",
                                      [](test::DeviceRun& run) { run.reset(); },
                                      {{"setup-locked", "setup-locked"},
                                       {"setup-open", "setup-locked"},
                                       {"verifying", "setup-locked"},
                                       {"operational", "setup-locked"},
                                       {"locked-out", "setup-locked"}}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(setup_transitions)

BOOST_AUTO_TEST_CASE(every_change_of_the_state_in_every_state_leads_where_the_table_says_also_after_a_restart) {
  for (const Change& change : changes)
    for (const auto& [before, after] : change.leads_to) BOOST_TEST_CONTEXT(before << " " << change.name) {
        Fixture device;
        ways_into.at(before)(device.start());
        BOOST_TEST_REQUIRE(device.run->now() == before);
        change.make(*device.run);
        BOOST_TEST(device.run->now() == after);
        BOOST_TEST(device.start().now() == after);
      }
}

BOOST_AUTO_TEST_SUITE_END()
